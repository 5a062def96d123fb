"""The AWS account's templates, and the command that applies them."""
