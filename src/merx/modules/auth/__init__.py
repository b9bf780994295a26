"""Log-ins: auth identities, their credentials, sessions and second factors."""
