// ziggurat._core: the codec core for Python. Signatures and meaning are in ziggurat/_core.pyi.
#include "native.hpp"

NB_MODULE(_core, module)
{
    bind_header(module);
    bind_index(module);
    bind_assemble(module);
    bind_encode(module);
    bind_usual(module);
    bind_survey(module);
    bind_counts(module);
    bind_table(module);
    bind_hopeless(module);
    bind_decode(module);
}
