"""The wire protocols of EC2 and STS as pure functions: bytes in, typed request out; result in, bytes out.

Everything is driven by AWS's service model (`model/`, generated data); nothing here opens a socket.

Requests (`query`)
    `decode_pairs(query, body=b"") -> list[(name, value)]` splits a query string and a form body.
    `parse_request(pairs, service=None) -> AwsRequest` gives `service`, `action`, `version` (None when not
    sent), `parameters` (keys are the model's member names, as botocore's callers write them:
    `{"InstanceIds": [...], "Filters": [{"Name": ..., "Values": [...]}], "DryRun": True}`) and `names`.
    Absent members have no key. `service_of(action, version)` guesses the service.

Answers (`xml`)
    `serialize_response(action, result, request_id, version=None, service="ec2") -> bytes`. `result` is a
    plain dict with the model's output member names; an absent key (or None) writes no element, `[]` writes
    an empty one, a key the model does not know is a ValueError (a defect of the caller).
    `serialize_item(action, path, value, service="ec2") -> Fragment` renders one element ahead of time
    (path `"Reservations"` or `"Reservations.Instances"`: one `<item>`); a Fragment may stand in `result`
    wherever that element stands, so it can be cached per object.

    `actions.namespace(version, service)`; `model.service_model(service).actions[name].page` is the output
    member that is paged, if any.

Errors (`errors`)
    `AwsError(code, message, status=None)` (status from a table by code);
    `error_document(error, request_id, service="ec2") -> bytes`;
    `kinds.from_error(deltaic.model.errors.Error, service="ec2") -> AwsError`, the table kind -> code;
    `errors.invalid_action`, `missing_parameter`, `unknown_parameter`, `dry_run`; `kinds.missing_ids`.

Selection (`filters`, `paging`, `ids`)
    `FilterTable({"instance-id": "InstanceId", "instance-state-name": "State.Name", ...}, tags="Tags")`,
    `.compile(parameters.get("Filters")) -> Matcher`, `matcher(rendered) -> bool`.
    `Pager(secret).page(request, items, key=..., principal=...) -> Page(items, next_token)`,
    `check_ids_unpaged(request, "InstanceIds", "instancesSet")`, `parameters_digest(request, without)`.
    `ec2_id("i", uuid)`, `parse_id("i", text) -> IdRef`, `IdIndex("i", uuids)` with
    `.id_of(uuid)` and `.resolve(text) -> uuid | None` (all raise the resource's own Malformed error).

User data (`user_data`): `decode_user_data(text) -> bytes`, `decode_base64(text)`, `encode_base64(data)`.

Signatures: `sigv4`, `sigv2`.
"""
