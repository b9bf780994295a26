"""`/auth`: log-in, registration, second factors and verifications."""
