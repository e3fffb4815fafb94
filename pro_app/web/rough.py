"""What the web server refuses by itself: no HTTP at all, a header or a body that is far too large.

Our own program never sees these, so they get the headers of every other response here, and words of ours in
both languages: nothing is known yet of who asks.
"""

from typing import Any

from waitress.channel import HTTPChannel
from waitress.task import ErrorTask

from pro_app.web.headers import of_a_refusal

WORDS = {
    413: "This is too large. · 内容太大。",
    431: "The request's header is too large. · 请求头太大。",
    500: "Something went wrong. Please try again. · 出错了，请再试一次。",
}
OTHERWISE = "This request can't be read. · 无法读取这个请求。"


def channel(*, https: bool) -> type[HTTPChannel]:
    """The kind of connection that refuses in our way."""
    headers = list(of_a_refusal(https=https).items())

    class Refusal(ErrorTask):
        def execute(self) -> None:
            error: Any = self.request.error
            body = f"{WORDS.get(error.code, OTHERWISE)}\n".encode()
            self.status = f"{error.code} {error.reason}"
            self.response_headers.extend([("Content-Type", "text/plain; charset=utf-8"), *headers])
            self.set_close_on_finish()
            self.content_length = len(body)
            self.write(body)

    class Channel(HTTPChannel):
        error_task_class = Refusal

    return Channel
