"""The format in NumPy: slow, and written to be read beside codecs/SPEC.md, a module a section.

It is the judge of the native core, not a fallback for it: the tests hold both against the same vectors.

======================  =========================================
module                  section of codecs/SPEC.md
======================  =========================================
:mod:`.checksum`        crc32c
:mod:`.geometry`        1. What a shard holds
:mod:`.header`          2. Header
:mod:`.varints`         numbers of an index
:mod:`.index`           3. Index, and 4. Packets in the object
:mod:`.packets`         4. their checksums
:mod:`.steps`           4. those that lie step by step
:mod:`.values`          5. Values
:mod:`.valuetable`      5. Values: the table of codes
:mod:`.colour`          6. Colour
:mod:`.transform`       7. Transform
:mod:`.bands`           8. Bands, planes and steps
:mod:`.entropy`         9. Entropy coding: order
:mod:`.descriptors`     9.2 the head of a payload
:mod:`.lanes`           9.3 the lane coder
:mod:`.contexts`        9.1, 9.4, 9.5 phases and contexts
:mod:`.tables`          9.6 the tables
:mod:`.rawbits`         9.7 the raw section
:mod:`.pieces`          9.8 the pieces of a packet
:mod:`.errorbound`      10. The guaranteed error
:mod:`.refusal`         11. What a reader must refuse
:mod:`.labels`          12. Labels
:mod:`.floats`          13. Floats
:mod:`.binarycoder`     14. The binary coder
:mod:`.few`             15. Few values: a chunk
:mod:`.fewlevel`        15. Few values: a level
:mod:`.lineprediction`  15. Few values: prediction
:mod:`.mixing`          15. Few values: the probability of an answer
:mod:`.guarantee`       the error of any coding: 10, 12, 13 and 15
:mod:`.tightness`       10 and 15. what was measured
:mod:`.chunk`           packets of one chunk to pixels, and back
:mod:`.shard`           a whole object
======================  =========================================
"""

from ziggurat.reference.chunk import ChunkDecoder, encode_chunk
from ziggurat.reference.guarantee import error_bound
from ziggurat.reference.header import BY_STEPS, Header
from ziggurat.reference.shard import assemble, decode, encode

__all__ = ["BY_STEPS", "ChunkDecoder", "Header", "assemble", "decode", "encode", "encode_chunk", "error_bound"]
