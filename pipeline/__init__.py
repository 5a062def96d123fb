"""The deploy, one file a verb: `python -m pipeline VERB --help`. What it decides is pure, what it calls is boto3; it never imports app."""
