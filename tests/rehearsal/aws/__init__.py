"""The embedded AWS: MiniStack, and beside it our own load balancer, endpoint, token issuer and task credentials."""
