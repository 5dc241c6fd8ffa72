"""A record processor for KCL's MultiLangDaemon that does nothing but count: the Python library's own loop, no record looked at.

usage: skip.py DIRECTORY; it keeps the number of its records in a file there, named by its process.
"""

import os
import struct
import sys

from amazon_kclpy import kcl
from amazon_kclpy.v3 import processor


class Skip(processor.RecordProcessorBase):
    def __init__(self, directory):
        self.count = 0
        self.file = os.open(os.path.join(directory, str(os.getpid())), os.O_WRONLY | os.O_CREAT)

    def initialize(self, initialize_input):
        pass

    def process_records(self, process_records_input):
        self.count += len(process_records_input.records)
        os.pwrite(self.file, struct.pack("<q", self.count), 0)

    def lease_lost(self, lease_lost_input):
        pass

    def shard_ended(self, shard_ended_input):
        shard_ended_input.checkpointer.checkpoint()

    def shutdown_requested(self, shutdown_requested_input):
        pass


kcl.KCLProcess(Skip(sys.argv[1])).run()
