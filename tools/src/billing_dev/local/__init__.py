"""The payment service and Antaeus' stand-in on this machine alone, for `make local`."""
