// Queries in, answers out: all of a search that comes again, where Python's part would take long.
#include <nanobind/stl/shared_ptr.h>

#include <functional>
#include <unordered_map>

#include "brief_release.hpp"
#include "desk.hpp"
#include "scanner.hpp"

namespace nb = nanobind;

namespace typecase {
namespace {

constexpr size_t kMostPlans = 1024;  // for filters and recalls that are asked for again and again

// Checks how tables of n_groups are made of queries of dim.
Axes axes_of(const Array<float, 2>& rotation, const Array<float, 2>& points,
             const Array<float, 2>& signs, size_t dim, size_t n_groups) {
  const size_t n_axes = rotation.shape(0), n_points = points.shape(0);
  check(rotation.shape(1) == dim, "rotation must have as many columns as queries.");
  check(points.shape(1) == 16, "points must be (n, 16).");
  check(n_groups * n_points >= n_axes, "more axes than groups hold.");
  check(!signs.shape(0) || (signs.shape(1) == dim && n_axes == dim),
        "signs must be (n_rounds, dim) of a square rotation.");
  return {rotation.data(), n_axes, points.data(), n_points, signs.data(), signs.shape(0)};
}

// A codec whose tables are products with axes lets the desk make them.
class Desk {
 public:
  Desk(std::shared_ptr<Scanner> scanner, Array<float, 2> rotation, Array<float, 2> points,
       Array<float, 2> signs, bool normalise, nb::object result)
      : scanner_(std::move(scanner)), rotation_(rotation), points_(points), signs_(signs),
        normalise_(normalise), result_(std::move(result)) {
    axes_ = axes_of(rotation, points, signs, scanner_->parts().dim, scanner_->parts().n_groups);
    check(PyType_Check(result_.ptr()) && PyType_IsSubtype(result_type(), &PyTuple_Type),
          "result must be a class of tuples");
    const nb::module_ numpy = nb::module_::import_("numpy");
    array_type_ = numpy.attr("ndarray");
    empty_ = numpy.attr("empty");
    ids_type_ = numpy.attr("dtype")("int64");
    scores_type_ = numpy.attr("dtype")("float32");
  }

  // A pair of ids (-1 where fewer are allowed) and scores, (n_queries, k), ties to the lower id.
  // None where queries are anything but an array of floats of this dim, finite, not too long.
  nb::object answer(nb::handle queries, size_t k, const Filter* filter, float error, float missing,
                    uint32_t first, float near_error, float near_missing, size_t n_threads) const {
    scanner_->check_filter(filter);
    return found(queries, k, filter, effort_of(error, missing, first, near_error, near_missing),
                 n_threads);
  }

  // Remembers how to search under what was chosen, which lives as long.
  void keep(nb::object chosen, double recall, nb::object filter, float error, float missing,
            uint32_t first, float near_error, float near_missing) {
    check(filter.is_none() || nb::isinstance<Filter>(filter), "filter must be one or None");
    scanner_->check_filter(nb::cast<const Filter*>(filter));
    if (plans_.size() >= kMostPlans) return;
    const Key key{chosen.ptr(), recall};
    plans_.insert_or_assign(key, Plan{std::move(chosen), std::move(filter),
                                      effort_of(error, missing, first, near_error, near_missing)});
  }

  void forget() { std::exchange(plans_, {}); }  // what goes may run Python: it goes afterwards

  // What `answer` gives by what is kept. None where nothing is, too, or an argument is not of the
  // usual type.
  nb::object answer_again(nb::handle queries, nb::handle k, nb::handle chosen, nb::handle recall,
                          nb::handle n_threads) const {
    if (!PyLong_CheckExact(k.ptr()) || !PyLong_CheckExact(n_threads.ptr()) ||
        !PyFloat_CheckExact(recall.ptr()))
      return nb::none();
    const auto plan = plans_.find({chosen.ptr(), PyFloat_AS_DOUBLE(recall.ptr())});
    const long n = as_long(k), threads = as_long(n_threads);
    if (plan == plans_.end() || n <= 0 || threads != 1) return nb::none();
    const nb::object filter = plan->second.filter;  // it is not given up by others meanwhile
    return found(queries, static_cast<size_t>(n), nb::cast<const Filter*>(filter),
                 plan->second.effort, 1);
  }

 private:
  struct Key {
    PyObject* chosen;
    double recall;
    bool operator==(const Key& other) const {
      return chosen == other.chosen && recall == other.recall;
    }
  };
  struct KeyHash {
    size_t operator()(const Key& key) const {
      return std::hash<PyObject*>()(key.chosen) ^ (31 * std::hash<double>()(key.recall));
    }
  };
  struct Plan {
    nb::object chosen, filter;
    Effort effort;
  };

  PyTypeObject* result_type() const { return reinterpret_cast<PyTypeObject*>(result_.ptr()); }

  // -1 for what no long holds.
  static long as_long(nb::handle number) {
    const long value = PyLong_AsLong(number.ptr());
    if (value == -1) PyErr_Clear();
    return value;
  }

  nb::object found(nb::handle queries, size_t k, const Filter* filter, Effort effort,
                   size_t n_threads) const {
    const Parts& p = scanner_->parts();
    Array<float, 2> q;
    if (Py_TYPE(queries.ptr()) != reinterpret_cast<PyTypeObject*>(array_type_.ptr()) ||
        !nb::try_cast(queries, q, false) || q.shape(1) != p.dim || k > p.n_rows ||
        reinterpret_cast<uintptr_t>(q.data()) % alignof(float) != 0)
      return nb::none();
    const size_t n = q.shape(0);
    const nb::tuple shape = nb::make_tuple(n, k);
    nb::object ids = empty_(shape, ids_type_), scores = empty_(shape, scores_type_);
    if (!fill(q, k, filter, effort, n_threads, nb::cast<Output<int64_t, 2>>(ids).data(),
              nb::cast<Output<float, 2>>(scores).data()))
      return nb::none();
    const nb::tuple pair = nb::make_tuple(nb::make_tuple(std::move(ids), std::move(scores)));
    return nb::steal(PyTuple_Type.tp_new(result_type(), pair.ptr(), nullptr));
  }

  // Returns whether every query is one.
  bool fill(const Array<float, 2>& queries, size_t k, const Filter* filter, Effort effort,
            size_t n_threads, int64_t* ids, float* scores) const {
    const Parts& p = scanner_->parts();
    const Allowed allowed = Scanner::allowed(filter);
    std::atomic<bool> good{true};
    const BriefRelease release;
    each(queries.shape(0), n_threads, [&](size_t i) {
      thread_local std::vector<float> own;
      own.resize(p.dim + p.n_groups * (16 + axes_.n_points));
      float* q = own.data();
      float* tables = q + p.dim;
      if (!take_query(queries.data() + i * p.dim, p.dim, normalise_, q)) {
        good = false;
        return;
      }
      if (!allowed.rows)
        make_tables(kernels(), axes_, q, p.dim, p.n_groups, tables + 16 * p.n_groups, tables);
      Trace trace;
      auto found = typecase::search(p, kernels(), q, tables, k, allowed, effort, trace);
      for (size_t j = 0; j < k; ++j) {
        const bool there = j < found.size();
        ids[i * k + j] = there ? id_of(p, found[j].row) : -1;
        scores[i * k + j] = there ? static_cast<float>(found[j].score)
                                  : -std::numeric_limits<float>::infinity();
      }
    });
    return good;
  }

  std::shared_ptr<Scanner> scanner_;
  Array<float, 2> rotation_, points_, signs_;
  Axes axes_{};
  bool normalise_;
  nb::object result_, array_type_, empty_, ids_type_, scores_type_;
  std::unordered_map<Key, Plan, KeyHash> plans_;
};

void nibble_tables(Array<float, 2> rotation, Array<float, 2> queries, Array<float, 2> points,
                   Array<float, 2> signs, Output<float, 3> tables) {
  const size_t n = queries.shape(0), dim = queries.shape(1), n_groups = tables.shape(1);
  check(tables.shape(0) == n && tables.shape(2) == 16, "tables must be (n_queries, n_groups, 16).");
  const Axes axes = axes_of(rotation, points, signs, dim, n_groups);
  nb::gil_scoped_release release;
  std::vector<float> y(n_groups * axes.n_points);
  for (size_t i = 0; i < n; ++i)
    make_tables(kernels(), axes, queries.data() + i * dim, dim, n_groups, y.data(),
                tables.data() + i * n_groups * 16);
}

}  // namespace

void bind_desk(nb::module_& m) {
  nb::class_<Desk>(m, "Desk")
      .def(nb::init<std::shared_ptr<Scanner>, Array<float, 2>, Array<float, 2>, Array<float, 2>,
                    bool, nb::object>(),
           nb::kw_only(), nb::arg("scanner"), as_is("rotation"), as_is("points"), as_is("signs"),
           nb::arg("normalise"), nb::arg("result"))
      .def("answer", &Desk::answer, nb::arg("queries").none(), nb::arg("k"), nb::arg("filter").none(),
           nb::arg("error"), nb::arg("missing"), nb::arg("first"), nb::arg("near_error"),
           nb::arg("near_missing"), nb::arg("n_threads"))
      .def("keep", &Desk::keep, nb::arg("chosen").none(), nb::arg("recall"),
           nb::arg("filter").none(), nb::arg("error"), nb::arg("missing"), nb::arg("first"),
           nb::arg("near_error"), nb::arg("near_missing"))
      .def("forget", &Desk::forget)
      .def("answer_again", &Desk::answer_again, nb::arg("queries").none(), nb::arg("k").none(),
           nb::arg("chosen").none(), nb::arg("recall").none(), nb::arg("n_threads").none());
  m.def("nibble_tables", &nibble_tables, as_is("rotation"), as_is("queries"), as_is("points"),
        as_is("signs"), as_is("tables"));
}

}  // namespace typecase
