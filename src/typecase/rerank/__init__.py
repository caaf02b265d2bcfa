from typecase.base.registry import lazy_room

__getattr__, __dir__, __all__ = lazy_room(__name__)
