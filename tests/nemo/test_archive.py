"""Archives of NeMo's, honest and not."""

import gzip
import io
import os
import random
import tarfile

import pytest
import torch
from nemo_archives import tarred

import lfsc
from lfsc import nemo
from lfsc.bundle.opening import opened
from lfsc.configs import build
