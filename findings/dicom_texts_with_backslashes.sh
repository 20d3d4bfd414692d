#!/usr/bin/env bash
# dcmjs 0.51.1 (npm), beside python3-pydicom 2.3.1 and dcmtk 3.6.7 of Debian 12: texts of DICOM.
#
# A backslash separates values, but not in ST, LT and UT, which have one value and may
# contain it (PS3.5, 6.2). dcmjs makes several values of an ST or UT with a backslash, such
# as a path of Windows: what takes the first value has C: alone. LT it reads right. It says
# nothing. pydicom and dcmdump have one value of each.
set -euo pipefail
for package in python3-pydicom=2.3.1 dcmtk=3.6.7; do
  name=${package%=*} version=${package#*=}
  found=$(dpkg-query -W -f '${Version}' "$name" 2>/dev/null || true)
  if [[ $found != "$version"* ]]; then
    apt-get -qq update
    DEBIAN_FRONTEND=noninteractive apt-get -qqy --no-install-recommends install "$name" >/dev/null
    found=$(dpkg-query -W -f '${Version}' "$name")
    [[ $found == "$version"* ]] || { echo "$name is $found, expected $version" >&2; exit 1; }
  fi
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund dcmjs@0.51.1

cat >try.py <<'PY'
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian
data = Dataset()
data.file_meta = FileMetaDataset()
data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID = "1.2.3"
data.InstitutionAddress = "room 1\\2"
data.PatientComments = "C:\\scans\\new"
data.TextValue = "C:\\scans\\new"
data.StudyDescription = "one\\two"
data.is_little_endian, data.is_implicit_VR = True, False
data.save_as("file.dcm", write_like_original=False)
PY
cat >show.py <<'PY'
import json, pydicom, sys
element = pydicom.dcmread("file.dcm")[int(sys.argv[1], 16)]
print(element.VR, json.dumps(element.value if isinstance(element.value, str) else list(element.value)))
PY
cat >try.cjs <<'JS'
const { execFileSync } = require("node:child_process");
const { readFileSync } = require("node:fs");
const { data: { DicomMessage } } = require("dcmjs");
execFileSync("/usr/bin/python3", ["-W", "ignore", "try.py"]);
const bytes = readFileSync("file.dcm");
const { dict } = DicomMessage.readFile(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
for (const tag of ["00080081", "00104000", "0040A160", "00081030"]) {
  const byPython = execFileSync("/usr/bin/python3", ["show.py", tag]).toString().trim();
  const [, values] = execFileSync("dcmdump", ["+P", `${tag.slice(0, 4)},${tag.slice(4)}`, "file.dcm"]).toString().match(/# *\d+, (\d+)/);
  console.log(`pydicom ${byPython}, dcmdump ${values} value(s), dcmjs ${JSON.stringify(dict[tag].Value)}`);
}
JS
seen=$(node try.cjs)
echo "$seen"
[ "$seen" = 'pydicom ST "room 1\\2", dcmdump 1 value(s), dcmjs ["room 1","2"]
pydicom LT "C:\\scans\\new", dcmdump 1 value(s), dcmjs ["C:\\scans\\new"]
pydicom UT "C:\\scans\\new", dcmdump 1 value(s), dcmjs ["C:","scans","new"]
pydicom LO ["one", "two"], dcmdump 2 value(s), dcmjs ["one","two"]' ] || { echo "changed" >&2; exit 1; }
