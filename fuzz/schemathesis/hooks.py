"""What a JSON Schema cannot say: a picture is a picture.

Where a request follows the document, its pictures become real ones (of people who do not exist), so that it reaches what it is about.
Requests that break the document go out as they are.

A revision that the database has not reached is 503 by design: no search is asked for one.

And a number just below 1 is one that the server's JSON reader, which may be off by the last bit, does not take for 1."""

import base64
import os
import pathlib

import schemathesis

FOLDER = pathlib.Path(os.environ["ROSTRO_PICTURES"])
PICTURES = [base64.b64encode((FOLDER / name).read_bytes()).decode() for name in ("composite01_1.jpg", "composite02_1.jpg")]
FIELDS = {"image", "images", "new_images", "probe", "gallery", "face_base_64", "ref_face_base_64", "multi_face_img_base_64"}


def pictured(value, name=None, which=0):
    if isinstance(value, dict):
        return {key: pictured(one, key, which) for key, one in value.items()}
    if isinstance(value, list):
        return [pictured(one, name, which) for one in value]
    if isinstance(value, float) and 1 - 1e-9 < value < 1:
        return 0.999
    return PICTURES[which] if name in FIELDS and isinstance(value, str) else value


@schemathesis.hook
def before_call(context, case, kwargs):
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    case.headers.pop("x-rostro-min-revision", None)
    if isinstance(case.body, (dict, list)):
        case.body = pictured(case.body, which=sum(map(ord, case.id)) % len(PICTURES))
