"""Static files in production: hashed names, also inside JavaScript modules, so that caches may keep them for ever."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedFiles(CompressedManifestStaticFilesStorage):
    # Without it `import "./x.js"` keeps its plain name and may be stale after a deployment.
    support_js_module_import_aggregation = True
