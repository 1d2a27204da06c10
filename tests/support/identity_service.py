"""The least of an identity service: logins, tokens, and signatures of one key that it takes for good."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

NAME = "gateway-service"


def identity_service(cloud: str) -> Starlette:
    """One whose names, passwords, keys and tokens all hold the cloud's name; see `secrets_of`."""

    def token(user: str) -> dict[str, object]:
        start = datetime.now(UTC)
        domain = {"id": "default", "name": "Default"}
        point = {"url": "http://127.0.0.1:1/v2.1", "interface": "public", "region_id": f"region-of-{cloud}"}
        return {
            "issued_at": start.isoformat(),
            "expires_at": (start + timedelta(hours=1)).isoformat(),
            "user": {"id": f"id-{user}", "name": user, "domain": domain},
            "project": {"id": "9" * 32, "name": f"project-of-{cloud}", "domain": domain},
            "roles": [{"id": "m", "name": "member"}],
            "catalog": [{"type": "compute", "name": "nova", "endpoints": [point]}],
            "methods": ["password"],
        }

    def issued(user: str, status: int) -> Response:
        return JSONResponse({"token": token(user)}, status, {"X-Subject-Token": f"token-of-{cloud}-{user}"})

    async def log_in(request: Request) -> Response:
        asked = (await request.json())["auth"]["identity"].get("password", {}).get("user", {})
        if asked.get("password") not in (f"password-of-{cloud}", f"service-password-of-{cloud}"):
            return refused()
        return issued(asked["name"], 201)

    async def examine(request: Request) -> Response:
        subject = request.headers.get("x-subject-token", "")
        start = f"token-of-{cloud}-"
        return issued(subject.removeprefix(start), 200) if subject.startswith(start) else refused(404)

    async def check(request: Request) -> Response:
        if request.headers.get("x-auth-token") != f"token-of-{cloud}-{NAME}":
            return refused()
        asked = (await request.json())["credentials"]
        return issued("ann", 200) if asked["access"] == f"access-key-of-{cloud}" else refused()

    return Starlette(
        routes=[
            Route("/{base}/v3/auth/tokens", log_in, methods=["POST"]),
            Route("/{base}/v3/auth/tokens", examine, methods=["GET"]),
            Route("/{base}/v3/ec2tokens", check, methods=["POST"]),
        ]
    )


def refused(status: int = 401) -> Response:
    """A fault."""
    return JSONResponse({"error": {"code": status, "message": "no", "title": "no"}}, status)
