"""What is known of Antaeus' invoices, and what a restart of Antaeus forgot."""
