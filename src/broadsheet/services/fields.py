"""What categories are called: arXiv's archives and categories, and the fields they belong to."""

_GROUPS: dict[str, tuple[str, ...]] = {
    "Computer Science": ("cs", "cmp-lg"),
    "Statistics": ("stat", "bayes-an"),
    "Mathematics": ("math", "math-ph", "alg-geom", "dg-ga", "funct-an", "q-alg"),
    "Electrical Engineering": ("eess",),
    "Physics": (
        *("physics", "quant-ph", "cond-mat", "gr-qc", "hep-ex", "hep-lat", "hep-ph", "hep-th"),
        *("nucl-ex", "nucl-th", "nlin", "acc-phys", "adap-org", "ao-sci", "atom-ph", "chao-dyn"),
        *("chem-ph", "comp-gas", "mtrl-th", "patt-sol", "plasm-ph", "solv-int", "supr-con"),
    ),
    "Astronomy": ("astro-ph",),
    "Quantitative Biology": ("q-bio",),
    "Quantitative Finance": ("q-fin",),
    "Economics": ("econ",),
}
_FIELD = {archive: field for field, archives in _GROUPS.items() for archive in archives}

_ARCHIVES = """
cs Computer Science|stat Statistics|math Mathematics|econ Economics
eess Electrical Engineering and Systems Science|q-bio Quantitative Biology
q-fin Quantitative Finance|physics Physics|astro-ph Astrophysics|cond-mat Condensed Matter
gr-qc General Relativity and Quantum Cosmology|hep-ex High Energy Physics: Experiment
hep-lat High Energy Physics: Lattice|hep-ph High Energy Physics: Phenomenology
hep-th High Energy Physics: Theory|math-ph Mathematical Physics|nlin Nonlinear Sciences
nucl-ex Nuclear Experiment|nucl-th Nuclear Theory|quant-ph Quantum Physics
acc-phys Accelerator Physics|adap-org Adaptation and Self-Organization
alg-geom Algebraic Geometry|ao-sci Atmospheric and Oceanic Sciences|atom-ph Atomic Physics
bayes-an Bayesian Analysis|chao-dyn Chaotic Dynamics|chem-ph Chemical Physics
cmp-lg Computation and Language|comp-gas Cellular Automata and Lattice Gases
dg-ga Differential Geometry|funct-an Functional Analysis|mtrl-th Materials Theory
patt-sol Pattern Formation and Solitons|plasm-ph Plasma Physics
q-alg Quantum Algebra|solv-int Exactly Solvable and Integrable Systems|supr-con Superconductivity
"""

_WITHIN = {
    "cs": """
AI Artificial Intelligence|AR Hardware Architecture|CC Computational Complexity
CE Computational Engineering, Finance, and Science|CG Computational Geometry
CL Computation and Language|CR Cryptography and Security
CV Computer Vision and Pattern Recognition|CY Computers and Society|DB Databases
DC Distributed, Parallel, and Cluster Computing|DL Digital Libraries|DM Discrete Mathematics
DS Data Structures and Algorithms|ET Emerging Technologies
FL Formal Languages and Automata Theory|GL General Literature|GR Graphics
GT Computer Science and Game Theory|HC Human-Computer Interaction|IR Information Retrieval
IT Information Theory|LG Machine Learning|LO Logic in Computer Science|MA Multiagent Systems
MM Multimedia|MS Mathematical Software|NA Numerical Analysis
NE Neural and Evolutionary Computing|NI Networking and Internet Architecture
OH Other Computer Science|OS Operating Systems|PF Performance|PL Programming Languages
RO Robotics|SC Symbolic Computation|SD Sound|SE Software Engineering
SI Social and Information Networks|SY Systems and Control
""",
    "stat": """
AP Statistics: Applications|CO Statistics: Computation|ME Statistics: Methodology
ML Statistics: Machine Learning|OT Other Statistics|TH Statistics Theory
""",
    "math": """
AC Commutative Algebra|AG Algebraic Geometry|AP Analysis of Partial Differential Equations
AT Algebraic Topology|CA Classical Analysis|CO Combinatorics|CT Category Theory
CV Complex Variables|DG Differential Geometry|DS Dynamical Systems|FA Functional Analysis
GM General Mathematics|GN General Topology|GR Group Theory|GT Geometric Topology
HO History and Overview|IT Information Theory|KT K-Theory and Homology|LO Logic
MG Metric Geometry|MP Mathematical Physics|NA Numerical Analysis|NT Number Theory
OA Operator Algebras|OC Optimization and Control|PR Probability|QA Quantum Algebra
RA Rings and Algebras|RT Representation Theory|SG Symplectic Geometry|SP Spectral Theory
ST Statistics Theory
""",
    "eess": """
AS Audio and Speech Processing|IV Image and Video Processing|SP Signal Processing
SY Systems and Control
""",
    "econ": "EM Econometrics|GN General Economics|TH Theoretical Economics",
    "q-bio": """
BM Biomolecules|CB Cell Behavior|GN Genomics|MN Molecular Networks|NC Neurons and Cognition
OT Other Quantitative Biology|PE Populations and Evolution|QM Quantitative Methods
SC Subcellular Processes|TO Tissues and Organs
""",
    "q-fin": """
CP Computational Finance|EC Economics|GN General Finance|MF Mathematical Finance
PM Portfolio Management|PR Pricing of Securities|RM Risk Management|ST Statistical Finance
TR Trading and Market Microstructure
""",
    "astro-ph": """
CO Cosmology and Nongalactic Astrophysics|EP Earth and Planetary Astrophysics
GA Astrophysics of Galaxies|HE High Energy Astrophysical Phenomena
IM Instrumentation and Methods for Astrophysics|SR Solar and Stellar Astrophysics
""",
    "cond-mat": """
dis-nn Disordered Systems and Neural Networks|mes-hall Mesoscale and Nanoscale Physics
mtrl-sci Materials Science|other Other Condensed Matter|quant-gas Quantum Gases
soft Soft Condensed Matter|stat-mech Statistical Mechanics
str-el Strongly Correlated Electrons|supr-con Superconductivity
""",
    "nlin": """
AO Adaptation and Self-Organizing Systems|CD Chaotic Dynamics
CG Cellular Automata and Lattice Gases|PS Pattern Formation and Solitons
SI Exactly Solvable and Integrable Systems
""",
    "physics": """
acc-ph Accelerator Physics|ao-ph Atmospheric and Oceanic Physics|app-ph Applied Physics
atm-clus Atomic and Molecular Clusters|atom-ph Atomic Physics|bio-ph Biological Physics
chem-ph Chemical Physics|class-ph Classical Physics|comp-ph Computational Physics
data-an Data Analysis, Statistics and Probability|ed-ph Physics Education|flu-dyn Fluid Dynamics
gen-ph General Physics|geo-ph Geophysics|hist-ph History and Philosophy of Physics
ins-det Instrumentation and Detectors|med-ph Medical Physics|optics Optics
plasm-ph Plasma Physics|pop-ph Popular Physics|soc-ph Physics and Society|space-ph Space Physics
""",
}


def _rows(table: str) -> list[tuple[str, str]]:
    cells = table.strip().replace("\n", "|").split("|")
    return [(code, name) for code, _, name in (cell.partition(" ") for cell in cells)]


_NAMES = dict(_rows(_ARCHIVES)) | {
    f"{archive}.{code}": name for archive, table in _WITHIN.items() for code, name in _rows(table)
}
_SPELLING = {code.casefold(): code for code in _NAMES}

FIELDS = (*_GROUPS, "Other Fields")
"""The fields in the order in which a page lists them."""


def category_name(code: str) -> str:
    """Return what a category is called, or the code itself where that is not known."""
    return _NAMES.get(code, code)


def category_field(code: str) -> str:
    """Return the field of a category, one of `FIELDS`."""
    return _FIELD.get(code.partition(".")[0], "Other Fields")


def category_spelling(code: str) -> str:
    """Return a code in its usual capitals: `CS.cl` is `cs.CL`; unknown ones stay as they are."""
    return _SPELLING.get(code.casefold(), code)
