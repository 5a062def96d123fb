"""The AWS account that the LMS lands in: CloudFormation templates, and `python -m infra`, which applies them and looks after it."""
