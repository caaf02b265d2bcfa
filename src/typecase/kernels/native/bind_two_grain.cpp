// What Python sees of the two-grain index. Every size is checked here; nothing below checks again.
#include <nanobind/stl/optional.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/unique_ptr.h>
#include <nanobind/stl/vector.h>

#include <algorithm>

#include "scanner.hpp"

namespace nb = nanobind;

namespace typecase {
namespace {

size_t n_groups_of(size_t stride) {
  check(stride > kFactorBytes && stride % 128 == 0, "blocks have another stride");
  return (stride - kFactorBytes) / 16;
}

void put(Output<uint8_t, 2> blocks, Array<uint8_t, 2> nibbles, Array<float, 1> scale,
         Array<float, 1> offset, Array<uint32_t, 1> places) {
  const size_t n = nibbles.shape(0), stride = blocks.shape(1);
  const size_t n_groups = n_groups_of(stride);
  check(scale.shape(0) == n && offset.shape(0) == n && places.shape(0) == n,
        "one value a row");
  check(2 * nibbles.shape(1) <= n_groups + 1, "more groups than a block has");
  for (size_t i = 0; i < n; ++i)
    check(places.data()[i] < kBlockRows * blocks.shape(0), "a place is out of range");
  nb::gil_scoped_release release;
  put_rows(blocks.data(), stride, n_groups, nibbles.data(), nibbles.shape(1), scale.data(),
           offset.data(), places.data(), n);
}

void move(Array<uint8_t, 2> from, Output<uint8_t, 2> to, Array<uint32_t, 1> from_places,
          Array<uint32_t, 1> to_places) {
  const size_t n = from_places.shape(0), stride = from.shape(1);
  const size_t n_groups = n_groups_of(stride);
  check(to.shape(1) == stride && to_places.shape(0) == n, "blocks of one form, places in pairs");
  for (size_t i = 0; i < n; ++i)
    check(from_places.data()[i] < kBlockRows * from.shape(0) &&
              to_places.data()[i] < kBlockRows * to.shape(0),
          "a place is out of range");
  nb::gil_scoped_release release;
  move_rows(from.data(), to.data(), stride, n_groups, from_places.data(), to_places.data(), n);
}

void clear(Output<uint8_t, 2> blocks) {
  n_groups_of(blocks.shape(1));
  nb::gil_scoped_release release;
  clear_rows(blocks.data(), blocks.shape(1), blocks.shape(0));
}

void sums(Array<uint8_t, 2> blocks, Array<uint8_t, 2> lut, Output<uint16_t, 2> out) {
  const size_t n_groups = n_groups_of(blocks.shape(1));
  check(lut.shape(0) == n_groups && lut.shape(1) == 16, "tables must fit");
  check(out.shape(0) == blocks.shape(0) && out.shape(1) == kBlockRows, "output must fit");
  check(reinterpret_cast<uintptr_t>(blocks.data()) % 64 == 0 &&
            reinterpret_cast<uintptr_t>(lut.data()) % 64 == 0,
        "blocks and tables must be aligned to 64 bytes");
  const Tables tables{lut.data(), n_groups, 1.0f, 0.0f};
  for (size_t b = 0; b < blocks.shape(0); ++b)
    kernels().block_sums(blocks.data() + b * blocks.shape(1), tables,
                         out.data() + b * kBlockRows);
}

}  // namespace

void bind_two_grain(nb::module_& m) {
  nb::class_<Filter>(m, "Filter")
      .def_ro("n", &Filter::n)
      .def_prop_ro("is_few", [](const Filter& f) { return f.is_few; })
      .def_prop_ro("n_cells", [](const Filter& f) {
        return f.count.size() - static_cast<size_t>(std::count(f.count.begin(), f.count.end(), 0u));
      })
      .def_prop_ro("is_gathered", [](const Filter& f) { return f.gathered.blocks != nullptr; })
      .def_prop_ro("size_bytes", &Filter::size_bytes);
  nb::class_<Scanner>(m, "Scanner")
      .def(nb::init<Array<int8_t, 2>, Array<float, 1>, Array<float, 1>, Array<float, 1>,
                    Array<uint32_t, 1>, Array<uint32_t, 1>, Optional<uint32_t>, Array<uint8_t, 2>,
                    Array<uint8_t, 2>, Array<uint32_t, 1>, std::vector<Array<float, 2>>,
                    std::vector<bool>, std::vector<Array<int64_t, 1>>, Optional<uint32_t>, Array<int32_t, 1>,
                    Array<float, 2>, size_t, size_t, bool, float, float, float>(),
           nb::kw_only(), as_is("centers"), as_is("unit"), as_is("square"),
           as_is("inverse_spread"), as_is("start"), as_is("count"),
           as_is("order") = nb::none(), as_is("blocks"),
           as_is("tail"), as_is("tail_cell"), as_is("pieces"),
           nb::arg("is_mapped") = std::vector<bool>(), as_is("ids") = nb::list(),
           as_is("narrow_ids") = nb::none(), as_is("ring"),
           as_is("survival"), nb::arg("dim"), nb::arg("n_groups"), nb::arg("cosine"),
           nb::arg("longest"), nb::arg("unit_length"), nb::arg("noise"))
      .def("allow", &Scanner::allow, as_is("allowed"), nb::arg("few"))
      .def("gather", &Scanner::gather, nb::arg("filter"))
      .def("search", &Scanner::search, as_is("queries"), as_is("tables"),
           nb::arg("filter").none(), nb::arg("error"), nb::arg("missing"), nb::arg("first"),
           nb::arg("n_threads"), as_is("rows"), as_is("scores"), nb::arg("near_error") = kSame,
           nb::arg("near_missing") = kSame)
      .def("search_range", &Scanner::search_range, as_is("query"), as_is("tables"),
           nb::arg("filter").none(), nb::arg("error"), nb::arg("missing"), nb::arg("first"),
           nb::arg("least"), nb::arg("near_error") = kSame, nb::arg("near_missing") = kSame);
  m.def("put_rows", &put, as_is("blocks"), as_is("nibbles"), as_is("scale"),
        as_is("offset"), as_is("places"));
  m.def("move_rows", &move, as_is("source"), as_is("target"), as_is("source_places"),
        as_is("target_places"));
  m.def("clear_rows", &clear, as_is("blocks"));
  m.def("block_sums", &sums, as_is("blocks"), as_is("lut"), as_is("out"));
}

}  // namespace typecase
