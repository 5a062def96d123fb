"""Work longer than a request: jobs are asked for in app/services/jobs.py and done here, a batch at a time."""
