"""A small ECS of our own: Fargate services and tasks on a Docker engine, true enough for a deploy to fail as it would on AWS."""
