"""What gunicorn serves and `flask --app wsgi` commands run in."""

from app import create_app

app = create_app()
