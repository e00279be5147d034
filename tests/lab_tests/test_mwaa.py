"""MWAA: environments, and the REST API of an Airflow behind it."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.error import HTTPError

from botocore.exceptions import ClientError

from lab_tests.harness import LabTest, client, control

SEEN: list[tuple[str, str, Any]] = []


class FakeAirflow(BaseHTTPRequestHandler):
    """Answers like Airflow 3's API server: a token, then JSON."""

    def do_GET(self) -> None:
        if self.path == "/auth/token":
            return self.answer(201, {"access_token": "t1"})
        if self.headers["Authorization"] != "Bearer t1":
            return self.answer(401, {"detail": "who are you"})
        if "broken" in self.path:
            return self.answer(500, {"detail": "broken"})
        if "absent" in self.path:
            return self.answer(404, {"detail": "absent"})
        SEEN.append(("GET", self.path, None))
        return self.answer(200, {"dags": []})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        SEEN.append(("POST", self.path, json.loads(body)))
        self.answer(200, {"dag_run_id": "r1"})

    def answer(self, status: int, value: Any) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: Any) -> None:
        pass


class Environments(LabTest):
    def test_an_environment_as_described(self) -> None:
        control("PUT", "mwaa", {"name": "dev", "bucket": "acme", "version": "2.11.2"})
        found = client("mwaa").get_environment(Name="dev")["Environment"]
        self.assertEqual(found["SourceBucketArn"], "arn:aws:s3:::acme")
        self.assertEqual(found["AirflowVersion"], "2.11.2")
        self.assertEqual((found["DagS3Path"], found["Status"]), ("dags", "AVAILABLE"))
        self.assertEqual(client("mwaa").list_environments()["Environments"], ["dev"])
        [call] = self.calls("mwaa", "GetEnvironment")
        self.assertEqual(call["host"], "api.aws.lab")

    def test_an_unknown_environment(self) -> None:
        with self.assertRaises(ClientError) as caught:
            client("mwaa").get_environment(Name="absent")
        answer = caught.exception.response
        self.assertEqual(answer["Error"]["Code"], "ResourceNotFoundException")
        self.assertEqual(answer["ResponseMetadata"]["HTTPStatusCode"], 404)

    def test_a_wrong_description_is_refused(self) -> None:
        for body in ({"name": "dev"}, {"name": "d", "bucket": "b", "colour": 1}):
            with self.subTest(body=body), self.assertRaises(HTTPError) as caught:
                control("PUT", "mwaa", body)
            caught.exception.close()


class RestApi(LabTest):
    def setUp(self) -> None:
        super().setUp()
        SEEN.clear()
        server = HTTPServer(("127.0.0.1", 0), FakeAirflow)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        url = f"http://127.0.0.1:{server.server_port}"
        control(
            "PUT", "mwaa", {"name": "dev", "bucket": "b", "webserver": {"url": url}}
        )

    def test_calls_are_forwarded(self) -> None:
        answer = client("mwaa").invoke_rest_api(
            Name="dev", Path="/dags", Method="GET", QueryParameters={"limit": 5}
        )
        self.assertEqual(answer["RestApiStatusCode"], 200)
        self.assertEqual(answer["RestApiResponse"], {"dags": []})
        client("mwaa").invoke_rest_api(
            Name="dev", Path="/dags/a/dagRuns", Method="POST", Body={"conf": {"x": 1}}
        )
        self.assertEqual(
            SEEN,
            [
                ("GET", "/api/v2/dags?limit=5", None),
                ("POST", "/api/v2/dags/a/dagRuns", {"conf": {"x": 1}}),
            ],
        )

    def test_refusals_carry_status_and_answer(self) -> None:
        cases = [("absent", "RestApiClientException", 404)]
        cases += [("broken", "RestApiServerException", 500)]
        for word, code, status in cases:
            with self.subTest(word=word), self.assertRaises(ClientError) as caught:
                client("mwaa").invoke_rest_api(
                    Name="dev", Path=f"/dags/{word}", Method="GET"
                )
            answer = caught.exception.response
            self.assertEqual(answer["Error"]["Code"], code)
            self.assertEqual(answer["RestApiStatusCode"], status)
            self.assertEqual(answer["RestApiResponse"], {"detail": word})

    def test_the_path_is_at_most_64_characters(self) -> None:
        with self.assertRaises(ClientError) as caught:
            client("mwaa").invoke_rest_api(Name="dev", Path="/" * 65, Method="GET")
        self.assertIn("65 characters is above the most, 64", str(caught.exception))

    def test_scripted_answers(self) -> None:
        script = {"status": 200, "response": {"import_errors": []}}
        self.faults({"service": "mwaa", "script": script})
        answer = client("mwaa").invoke_rest_api(
            Name="dev", Path="/importErrors", Method="GET"
        )
        self.assertEqual(answer["RestApiResponse"], {"import_errors": []})
        self.assertEqual(SEEN, [])
