"""The search put to the test. Wiring comes in through here."""

from broadsheet.search.trials.judged_folders import JudgedFolders as JudgedFolders
from broadsheet.search.trials.kept_encoder import KeptEncoder as KeptEncoder
from broadsheet.search.trials.peers import Bm25sPeer as Bm25sPeer
from broadsheet.search.trials.peers import EncoderPeer as EncoderPeer
from broadsheet.search.trials.trial_library import SearchedTrial as SearchedTrial
