#!/bin/sh
# Makes a virtual environment in which the Python examples run: scripts/examples.sh [FOLDER] [all]. By default with PyArrow and implicit; "all" adds
# PyTorch, LensKit and RecBole (some gigabytes). Then put FOLDER/bin on the path.
set -e
folder=${1:-.venv-examples}
python3 -m venv "$folder"
"$folder/bin/pip" install --quiet --disable-pip-version-check numpy pyarrow scipy implicit
if [ "$2" = all ]; then
  "$folder/bin/pip" install --quiet --disable-pip-version-check torch lenskit pandas
  "$folder/bin/pip" install --quiet --disable-pip-version-check --no-deps recbole==1.2.1
  "$folder/bin/pip" install --quiet --disable-pip-version-check colorama colorlog pyyaml scikit-learn tensorboard thop tabulate texttable psutil plotly
fi
echo "export PATH=$(cd "$folder" && pwd)/bin:\$PATH"
