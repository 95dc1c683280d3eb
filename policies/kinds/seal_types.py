"""The types of seals that companies in China usually have; a group may name more of its own."""

from typing import Final

USUAL_SEAL_TYPES: Final = (
    "公章",
    "合同专用章",
    "财务专用章",
    "人事专用章",
    "发票专用章",
    "法人章",
    "回单章",
    "业务专用章",
    "报关专用章",
    "投标专用章",
    "收货专用章",
    "发货专用章",
    "档案专用章",
)
