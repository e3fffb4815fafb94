"""The WSGI entry point: `gunicorn wsgi:app` or any other server. `pro-app serve` needs none."""

from pro_app.everlasting import everlasting

with everlasting():
    from pro_app.web.factory import wsgi_app

    app = wsgi_app()
