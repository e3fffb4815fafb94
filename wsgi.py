"""The WSGI entry point: `gunicorn wsgi:app` or any other server. `pro-app serve` needs none."""

from pro_app.everlasting import everlasting
from pro_app.one_heap import share_one_heap

share_one_heap()
with everlasting():
    from pro_app.web.factory import wsgi_app

    app = wsgi_app()
