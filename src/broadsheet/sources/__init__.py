"""The formats that an import reads, one file each, and the door to them.

`FileSources` opens a file, undoes its compression, looks at what stands in it and hands it to
the first format below that recognises it.
"""

from broadsheet.sources.files import FileSources as FileSources
