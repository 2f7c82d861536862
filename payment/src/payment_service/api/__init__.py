"""What each port offers: its application, its routes and its OpenAPI document."""
