"""WSGI entry point: ``gunicorn coding_app.wsgi``."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "coding_app.settings")
application = get_wsgi_application()
# What a request makes goes with it. To search it for cycles after every 700 objects, as Python does, took a
# tenth of the time of a decision; what has been loaded by now stays and need not be searched at all.
gc.freeze()
gc.set_threshold(50_000, 20, 50)
