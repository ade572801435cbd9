"""zip.py PROGRAM ARCHIVE LEVEL: a Lambda package, the program as `bootstrap` that may be run."""

import sys
import zipfile

program, archive, level = sys.argv[1], sys.argv[2], int(sys.argv[3])
entry = zipfile.ZipInfo("bootstrap", date_time=(1980, 1, 1, 0, 0, 0))
entry.external_attr = 0o100755 << 16
entry.create_system = 3
entry.compress_type = zipfile.ZIP_DEFLATED
with zipfile.ZipFile(archive, "w") as out, open(program, "rb") as source:
    out.writestr(entry, source.read(), compresslevel=level)
