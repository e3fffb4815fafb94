"""The WSGI entry point: `gunicorn wsgi:app` or any other server. `pro-app serve` needs none."""

from pro_app.everlasting import everlasting
from pro_app.one_heap import give_back, share_one_heap

share_one_heap()
with everlasting():
    from pro_app.web.factory import wsgi_app

    app = wsgi_app()
give_back()  # before workers are forked: what is free here they would each fill for themselves
