"""The AWS account that the LMS lands in, as CloudFormation templates, and `python -m infra`, which applies them."""
