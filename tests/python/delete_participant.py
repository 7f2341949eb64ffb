"""Deletes participants with the official Python SDK, one for each line of JSON on standard input, and prints what the
SDK makes of it as a line of JSON each. Only the base URL and the token differ from a call to Cloudflare."""

import json
import sys

import cloudflare


def delete(order: dict) -> dict:
    client = cloudflare.Cloudflare(api_token=order["token"], base_url=order["base_url"])
    try:
        result = client.realtime_kit.meetings.delete_meeting_participant(
            order["participant_id"],
            account_id=order["account_id"],
            app_id=order["app_id"],
            meeting_id=order["meeting_id"],
        )
    except cloudflare.APIStatusError as error:
        return {
            "error": type(error).__name__,
            "status": error.status_code,
            "errors": [{"code": e.code, "message": e.message} for e in error.errors or []],
            "headers": dict(error.response.headers),
            "body": error.response.text,
        }
    return {
        "types": [type(result).__name__, type(result.data.created_at).__name__],
        "custom_participant_id": result.data.custom_participant_id,
        "body": result.to_json(),
    }


print(json.dumps({"version": cloudflare.__version__}), flush=True)
for line in sys.stdin:
    print(json.dumps(delete(json.loads(line))), flush=True)
