"""Pictures as people upload them."""

import io

from PIL import Image


def picture(file_format="PNG", size=(600, 200), **options):
    data = io.BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(data, file_format, **options)
    return data.getvalue()


def opened(data):
    return Image.open(io.BytesIO(data))
