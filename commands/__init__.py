"""What the commands of `image`, `pipeline` and `infra` share: how a verb is called and told, the names, the edges to AWS and GitHub."""
