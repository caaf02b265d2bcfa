"""The sources of papers, one file each, and the doors to them.

`FileSources` opens a file, undoes its compression, looks at what stands in it and hands it to
the first format that recognises it. `all_wires` are the sources that can also be asked over the
network, through `HttpWeb`.
"""

from broadsheet.sources.files import FileSources as FileSources
from broadsheet.sources.formats import all_wires as all_wires
from broadsheet.sources.formats import formats as formats
from broadsheet.sources.web import HttpWeb as HttpWeb
