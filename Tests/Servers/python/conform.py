"""Whether a service's answer is one that botocore's model has: every answer that a client gets here is looked through."""
import json


def problems(shape, value, path):
    """What of a value is not as its shape is: members that the model does not have, required ones that are missing, other types."""
    kind = shape.type_name
    if kind == "structure":
        if not isinstance(value, dict):
            return [f"{path} is no structure: {value!r}"]
        names = {member.serialization.get("name", name): member for name, member in shape.members.items()}
        required = [shape.members[name].serialization.get("name", name) for name in shape.required_members]
        found = [f"{path} lacks {name}" for name in required if name not in value]
        for name, member in value.items():
            found += problems(names[name], member, f"{path}.{name}") if name in names else [f"{path}.{name} is not in the model"]
        return found
    if kind in ("list", "map"):
        if not isinstance(value, list if kind == "list" else dict):
            return [f"{path} is no {kind}: {value!r}"]
        members = value if kind == "list" else value.values()
        inner = shape.member if kind == "list" else shape.value
        return sum((problems(inner, member, f"{path}[]") for member in members), bounds(shape, len(value), path))
    is_so = {
        "string": isinstance(value, str), "boolean": isinstance(value, bool),
        "integer": type(value) is int, "long": type(value) is int, "double": type(value) in (int, float),
        "timestamp": type(value) in (int, float),
    }[kind]
    if not is_so:
        return [f"{path} is no {kind}: {value!r}"]
    if getattr(shape, "enum", None) and value not in shape.enum:
        return [f"{path} is {value!r}, none of {shape.enum}"]
    return bounds(shape, len(value) if kind == "string" else value, path)


def bounds(shape, size, path):
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and size < least or most is not None and size > most:
        return [f"{path}: {size} is not between {least} and {most}"]
    return []


class Checker:
    """Looks through the raw answers of a client; `found`: what was wrong, `seen`: (operation, status or code)."""

    def __init__(self, client):
        self.found, self.seen = [], set()
        client.meta.events.register("before-parse", self.before_parse)

    def before_parse(self, operation_model, response_dict, **_):
        status, body = response_dict["status_code"], response_dict["body"]
        value = json.loads(body) if body else {}
        name = operation_model.name
        if status < 300:
            self.seen.add((name, "done"))
            if operation_model.output_shape is not None:
                self.found += problems(operation_model.output_shape, value, name)
            return
        headers = {key.lower(): text for key, text in response_dict["headers"].items()}
        code = (headers.get("x-amzn-errortype") or value.pop("__type", "")).split(":")[0].split("#")[-1]
        self.seen.add((name, code))
        shape = next((shape for shape in operation_model.error_shapes if shape.name == code), None)
        if shape is not None:
            wanted = shape.metadata.get("error", {}).get("httpStatusCode")
            if wanted not in (None, status):
                self.found.append(f"{name}: {code} has the status {status}, not {wanted}")
            self.found += problems(shape, value, f"{name} {code}")
