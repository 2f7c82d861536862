"""What `payment-service COMMAND` does beside serving: it reads, and changes nothing."""
