"""A model behind HTTP, on a real server on loopback."""

from __future__ import annotations

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import httpx
import numpy as np
import pytest
from PIL import Image

import hpo
from hpo.data.sets.digits import Digits
from hpo.errors import MissingExtraError, UserError
from hpo.shipping.serving import ModelServer, ServingLimits

pytestmark = pytest.mark.engine
TOKEN = "a-token-of-the-tests"  # noqa: S105
LIMITS = ServingLimits(request_bytes=200_000, images=3, pixels=10_000, waiting=4, read_s=1.5)


@pytest.fixture(scope="module")
def classifier(trained_studies):
    return hpo.open_study("digits", studies=trained_studies).best.load()


@pytest.fixture(scope="module")
def server(classifier):
    with ModelServer(classifier, port=0, limits=LIMITS, batch_size=8) as server:
        yield server


@pytest.fixture(scope="module")
def client(server):
    with httpx.Client(base_url=server.url, timeout=20, trust_env=False) as client:
        yield client


def png(pixels):
    file = BytesIO()
    Image.fromarray(pixels).save(file, format="PNG")
    return file.getvalue()


@pytest.fixture(scope="module")
def digits():
    return [png(pixels[:, :, 0]) for pixels in Digits().load(0).test.images[:24]]


def upload(client, *contents, **options):
    files = [("image", (f"{number}.png", content)) for number, content in enumerate(contents)]
    return client.post("/predict", files=files, **options)


def test_images_get_the_classes_that_the_model_gives_them(client, classifier, digits):
    expected = classifier.predict(digits[:3])
    answer = upload(client, *digits[:3], params={"top": 2})
    assert answer.status_code == 200
    assert answer.json()["model"] == classifier.name
    for number, (prediction, row) in enumerate(zip(answer.json()["predictions"], expected, strict=True)):
        assert prediction["image"] == f"{number}.png"
        assert prediction["class"] == classifier.classes[row.argmax()]
        assert prediction["probability"] == pytest.approx(row.max(), abs=1e-5)
        assert [place["class"] for place in prediction["top"]] == [name for name, _ in classifier.rank(row[None], 2)[0]]
    alone = client.post("/predict", content=digits[0], headers={"Content-Type": "image/png"})
    first = answer.json()["predictions"][0]
    assert alone.json()["predictions"][0]["class"] == first["class"]
    assert len(alone.json()["predictions"][0]["top"]) == 3
    assert len(upload(client, digits[0], params={"top": 99}).json()["predictions"][0]["top"]) == 10


def test_many_clients_at_once_get_each_their_own_answer(server, classifier, digits):
    rows = classifier.predict(digits)

    def ask(number):
        with httpx.Client(base_url=server.url, timeout=20, trust_env=False) as client:
            while (answer := upload(client, digits[number])).status_code == 503:
                time.sleep(0.02)
        return answer.json()["predictions"][0]["probability"]

    with ThreadPoolExecutor(12) as pool:
        np.testing.assert_allclose(list(pool.map(ask, range(24))), rows.max(axis=1), atol=1e-5)


def test_an_answer_on_a_connection_that_is_kept_does_not_wait_for_the_client_to_acknowledge_its_headers(server, client):
    client.get("/health")
    connections = [protocol.transport for protocol in server._server.server_state.connections]
    options = [
        transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        for transport in connections
    ]
    assert options
    assert all(options)


def test_it_says_that_it_is_there_and_what_it_is(client, classifier):
    assert client.get("/health").json() == {"status": "ok", "waiting": 0}
    about = client.get("/metadata").json()
    assert about["classes"] == list(classifier.classes)
    assert about["image_size"] == [8, 8]
    assert about["test_accuracy"] == classifier.about["test"]["accuracy"]
    assert about["limits"]["images"] == 3
    assert "config" not in about


def test_an_image_that_cannot_be_read_is_told_and_the_others_are_classified(client, digits):
    answer = upload(client, b"no image", digits[0])
    assert answer.status_code == 200
    damaged, sound = answer.json()["predictions"]
    assert damaged == {"image": "0.png", "error": "an image file can be read. Received: no image that Pillow knows."}
    assert sound["class"]
    alone = upload(client, b"")
    assert (alone.status_code, alone.json()["predictions"][0]["error"]) == (
        422, "an image file can be read. Received: an empty file.",
    )  # fmt: skip
    large = png(np.zeros((101, 100), np.uint8))
    assert "101 pixels, and 10,000 are the most" in upload(client, large).json()["predictions"][0]["error"]


@pytest.mark.parametrize(
    ("request_", "status", "text"),
    [
        ({"files": [("a", ("a.png", b"x"))] * 4}, 413, "request: it has at most 3 images. Received more."),
        ({"files": [("a", ("a.png", b"x"))] * 5}, 413, "request: it has at most 3 images. Received more."),
        ({"files": {"a": ("a.png", bytes(200_000))}}, 413, "request: it has at most 200,000 bytes. Received 200,"),
        ({"content": iter([bytes(150_000)] * 2), "headers": {"Content-Type": "image/png"}}, 413, "Received more."),
        ({"data": {"a": "text"}, "files": {}}, 415, "Received application/x-www-form-urlencoded."),
        ({"files": {"a": (None, "text")}}, 400, "request: it has an image, as a file of the form. Received none."),
        ({"content": b"x", "headers": {"Content-Type": "multipart/form-data"}}, 400, "Received: Missing boundary"),
        ({"content": b"x", "headers": {"Content-Type": "multipart/form-data; boundary=b"}}, 400, "it is a valid multi"),
        ({"content": b"x", "headers": {"Content-Type": "image/png"}, "params": {"top": "0"}}, 400, "top: it is a whole "
         "number, 1 to 10. Received '0'."),
    ],
)  # fmt: skip
def test_requests_beyond_what_is_taken_are_refused_with_a_reason(client, request_, status, text):
    start = time.monotonic()
    answer = client.post("/predict", **request_)
    assert (answer.status_code, text in answer.json()["error"]) == (status, True), answer.text
    assert time.monotonic() - start < 2, "nothing waits for what does not come"
    assert client.get("/health").json()["waiting"] == 0


def test_other_paths_and_methods_are_answered_in_json(client):
    there_are = "request: it is POST /predict, GET /metadata or GET /health. Received"
    for path, status in (("/none", 404), ("/predict", 405)):
        answer = client.get(path)
        assert (answer.status_code, answer.json()) == (status, {"error": f"{there_are} GET {path}."})


def begin(server):
    """Send the beginning of a request, and nothing more."""
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=10)
    connection.sendall(b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n"
                       b"Content-Length: 1000\r\n\r\n")  # fmt: skip
    return connection


def test_a_full_server_says_at_once_when_to_come_again_and_gives_up_clients_that_send_nothing(server, client, digits):
    slow = [begin(server) for _ in range(LIMITS.waiting)]
    while client.get("/health").json()["waiting"] < LIMITS.waiting:
        time.sleep(0.01)
    start = time.monotonic()
    answer = upload(client, digits[0])
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert answer.json()["error"] == "server: it works on 4 requests at once. Received one more. Try again."
    assert time.monotonic() - start < 1
    given = [connection.recv(100) for connection in slow]
    assert all(answer.startswith(b"HTTP/1.1 408") for answer in given)
    for connection in slow:
        connection.close()
    assert upload(client, digits[0]).status_code == 200


def test_a_client_that_goes_away_leaves_its_place(classifier):
    with (
        ModelServer(classifier, port=0) as server,
        httpx.Client(base_url=server.url, timeout=20, trust_env=False) as client,
    ):
        start = time.monotonic()
        connection = begin(server)
        while not client.get("/health").json()["waiting"]:
            time.sleep(0.01)
        connection.close()
        while client.get("/health").json()["waiting"]:
            time.sleep(0.01)
        assert time.monotonic() - start < ServingLimits().read_s, "the time limit has given the place back"


def test_a_server_that_ends_tells_clients_whose_requests_are_not_done(classifier, monkeypatch, caplog):
    monkeypatch.setattr("hpo.shipping.serving.server._LAST_REQUESTS_S", 1)
    with ModelServer(classifier, port=0) as server:
        slow = begin(server)
        time.sleep(0.3)
    answer = slow.recv(1000)
    slow.close()
    assert answer.startswith(b"HTTP/1.1 503")
    assert answer.endswith(b'{"error":"server: it ends. Received a request that is not done."}')
    assert "Traceback" not in caplog.text


def test_without_a_token_other_names_and_pages_of_other_sites_are_refused(client, digits):
    for headers, reason in (
        ({"Host": "evil.example"}, "host: a request names the server as `hpo serve` has told it."),
        ({"Origin": "http://evil.example"}, "origin: pages of other sites may not ask."),
        ({"Sec-Fetch-Site": "cross-site"}, "origin: pages of other sites may not ask."),
    ):
        answer = upload(client, digits[0], headers=headers)
        assert answer.status_code == 403
        assert answer.json()["error"].startswith(reason)


def test_with_a_token_only_health_is_told_to_others(classifier, digits):
    with (
        ModelServer(classifier, port=0, token=TOKEN) as server,
        httpx.Client(base_url=server.url, timeout=20, trust_env=False) as client,
    ):
        assert client.get("/health").status_code == 200
        for headers in ({}, {"Authorization": f"Bearer {TOKEN}x"}, {"Authorization": TOKEN}):
            answer = upload(client, digits[0], headers=headers)
            assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
            assert answer.json()["error"].startswith("token: a request brings it")
        headers = {"Authorization": f"Bearer {TOKEN}", "Host": "behind.a.proxy"}
        assert upload(client, digits[0], headers=headers).status_code == 200
        assert client.get("/metadata", headers=headers).json()["classes"]


def test_a_server_is_refused_where_it_cannot_or_must_not_listen(classifier, server, monkeypatch):
    with pytest.raises(UserError, match=r"--host: a server that other machines reach needs a token. Received 0.0.0.0"):
        ModelServer(classifier, host="0.0.0.0")  # noqa: S104
    with pytest.raises(UserError, match=r"HPO_SERVE_TOKEN: a token has 16 characters or more. Received 5"):
        ModelServer(classifier, token="short")  # noqa: S106
    with pytest.raises(UserError, match=rf"--port: it is free. Received {server.port}"):
        ModelServer(classifier, port=server.port)
    monkeypatch.setattr("hpo.shipping.serving.server.find_spec", lambda name: None if name == "uvicorn" else name)
    with pytest.raises(MissingExtraError, match=r'installation without uvicorn. Type: pip install "hpo\[serve\]"'):
        ModelServer(classifier)
