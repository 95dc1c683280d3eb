"""Receipts that no company ever wrote: everything follows from one number, nothing from chance."""

import datetime as dt
import hashlib
from collections.abc import Sequence
from typing import Final, TypeVar

from receipt_makers.model import Item, Party, Receipt, Script

T = TypeVar("T")

_CARRIERS: Final = {
    "hans": (
        ("HDLY", "华东联运物流有限公司"),
        ("QLYS", "麒麟运输（苏州）有限公司"),
        ("NFCL", "南风城际冷链股份有限公司"),
        ("YTZX", "远途专线货运有限公司"),
        ("BHSD", "北海速达供应链有限公司"),
        ("JGWL", "金谷仓配物流有限公司"),
    ),
    "hant": (
        ("HFKY", "海鋒快運股份有限公司"),
        ("WTLG", "萬通聯港物流（香港）有限公司"),
    ),
}
_CITIES: Final = {
    "hans": (
        ("上海", "上海市嘉定区曹新公路{}号2号库"),
        ("苏州", "江苏省苏州市吴中区河东工业园尧南路{}号"),
        ("杭州", "浙江省杭州市余杭区仁和大道{}号A座"),
        ("广州", "广东省广州市白云区太和镇大源中路{}号"),
        ("成都", "四川省成都市青白江区香岛大道{}号"),
        ("武汉", "湖北省武汉市东西湖区走马岭汇通大道{}号"),
        ("郑州", "河南省郑州市管城区南曹乡货站街{}号"),
        ("西安", "陕西省西安市灞桥区港务大道{}号8号门"),
    ),
    "hant": (
        ("臺中", "臺中市西屯區工業三十二路{}號"),
        ("高雄", "高雄市前鎮區擴建路{}號"),
        ("香港", "新界葵涌貨櫃碼頭路{}號A倉"),
        ("臺北", "新北市五股區五權三路{}號"),
    ),
}
_COMPANIES: Final = {
    "hans": (
        "恒予达医疗器械有限公司",
        "江南春食品有限公司",
        "云帆泽电子科技有限公司",
        "广源汽车零部件有限公司",
        "青禾农资连锁有限公司",
        "天工精密机械有限公司",
        "鼎禾华商贸有限公司",
        "晨曦纸业有限公司",
        "蓝桥化工新材料有限公司",
        "百味鲜餐饮管理有限公司",
        "立信家居建材有限公司",
        "东篱服饰有限公司",
        "明德书业发行有限公司",
        "千途轮胎销售有限公司",
        "星序照明有限公司",
        "福满格超市配送中心",
    ),
    "hant": (
        "聯栩電子股份有限公司",
        "穗豐食品貿易有限公司",
        "德記機械工業股份有限公司",
        "九龍醫藥用品有限公司",
    ),
}
_PEOPLE: Final = {
    "hans": (
        "王建国",
        "李慧敏",
        "张伟",
        "陈晓燕",
        "刘洋",
        "赵志强",
        "周敏",
        "吴海涛",
        "孙丽",
        "郑凯",
    ),
    "hant": ("林志豪", "陳怡君", "黃國華", "張淑芬", "許家銘"),
}
_GOODS: Final = {
    "hans": (
        ("一次性使用无菌注射器", "纸箱"),
        ("电路板组件", "纸箱"),
        ("轴承座总成", "木箱"),
        ("鲜牛奶250ml×24", "保温箱"),
        ("大米5kg装", "编织袋"),
        ("A4复印纸70g", "纸箱"),
        ("水性木器漆", "铁桶"),
        ("LED筒灯", "纸箱"),
        ("轮胎205/55R16", "裸装"),
        ("速冻水饺", "泡沫箱"),
        ("实木餐椅", "气泡膜"),
        ("男士衬衫", "纸箱"),
        ("小学语文课本", "打包件"),
        ("复合肥40kg", "编织袋"),
        ("伺服电机", "木箱"),
        ("洗衣液3kg×4", "纸箱"),
    ),
    "hant": (
        ("積體電路", "紙箱"),
        ("烏龍茶葉", "紙箱"),
        ("鋁合金型材", "木箱"),
        ("醫用口罩", "紙箱"),
        ("冷凍鮮魚", "保溫箱"),
        ("螺絲五金件", "鐵桶"),
    ),
}
_PAYMENTS: Final = {"hans": ("月结", "到付", "现付", "回单付"), "hant": ("月結", "到付", "現付")}
_REMARKS: Final = {
    "hans": (
        "送货上门，须本人签收；回单三日内寄回。",
        "易碎品，轻拿轻放。卸货前请核对封签号。",
        "工作日9:00—17:00收货，提前一小时电话预约。",
        "货到请当场验货，破损请拍照并在回单注明。",
        "冷链运输，到货温度应在2—8℃。",
    ),
    "hant": (
        "送貨上門，須本人簽收；回單三日內寄回。",
        "易碎品，輕拿輕放。",
        "到貨前一小時請先致電。",
    ),
}
_PLATES: Final = {"hans": "沪苏浙粤川鄂豫陕", "hant": "KABCNR"}


class _Chance:
    """Repeatable choices: SHA-256 of the receipt's number and the question's name."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def below(self, name: str, limit: int) -> int:
        """A number from 0 to `limit` - 1."""
        digest = hashlib.sha256(f"{self._seed}:{name}".encode()).digest()
        return int.from_bytes(digest[:8], "big") % limit

    def one_of(self, name: str, values: Sequence[T]) -> T:
        """One of `values`."""
        return values[self.below(name, len(values))]


_ROLES: Final = ("shipper", "consignee", "driver")


def _person(chance: _Chance, role: str, script: Script) -> str:
    """A name; the three roles of one receipt never share it."""
    people = _PEOPLE[script]
    first = chance.below("people", len(people))
    return people[(first + _ROLES.index(role)) % len(people)]


def _party(chance: _Chance, role: str, script: Script, other: str = "") -> tuple[str, Party]:
    cities = [city for city in _CITIES[script] if city[0] != other]
    city, address = chance.one_of(f"{role}-city", cities)
    companies = _COMPANIES[script]
    half = len(companies) // 2  # so that nobody sends goods to himself
    mine = companies[:half] if role == "shipper" else companies[half:]
    net, line = chance.below(f"{role}-net", 10), chance.below(f"{role}-phone", 10_000)
    return city, Party(
        company=chance.one_of(f"{role}-company", mine),
        contact=_person(chance, role, script),
        phone=f"1{30 + net}0000{line:04d}",
        address=address.format(1 + chance.below(f"{role}-street", 880)),
    )


def _items(chance: _Chance, script: Script, count: int) -> tuple[Item, ...]:
    goods = _GOODS[script]
    first = chance.below("goods", len(goods))
    items = []
    for index in range(count):
        name, package = goods[(first + index * 5) % len(goods)]
        pieces = 1 + chance.below(f"pieces-{index}", 60)
        weight = pieces * (8 + chance.below(f"weight-{index}", 190))
        items.append(
            Item(
                goods=name,
                package=package,
                pieces=pieces,
                weight=weight,
                volume=pieces * (4 + chance.below(f"volume-{index}", 60)),
                freight=1_500 + weight * (4 + chance.below(f"rate-{index}", 6)),
            )
        )
    return tuple(items)


def _priced(items: tuple[Item, ...], extras: int, total: int) -> tuple[Item, ...]:
    """The items with their freight set so that the receipt comes to `total`."""
    share = (total - extras) // len(items)
    rest = total - extras - share * len(items)
    return tuple(
        Item(
            goods=item.goods,
            package=item.package,
            pieces=item.pieces,
            weight=item.weight,
            volume=item.volume,
            freight=share + (rest if index == 0 else 0),
        )
        for index, item in enumerate(items)
    )


def receipt(
    seed: int, *, items: int = 4, script: Script = "hans", total: int | None = None
) -> Receipt:
    """The receipt number `seed`, with `items` lines, at `total` cents if that is given."""
    chance = _Chance(seed)
    code, carrier = chance.one_of("carrier", _CARRIERS[script])
    origin, shipper = _party(chance, "shipper", script)
    destination, consignee = _party(chance, "consignee", script, origin)
    issued = dt.date(2026, 3, 2) + dt.timedelta(days=seed % 97)
    arrival = dt.time(8 + chance.below("hour", 10), chance.below("minute", 60))
    delivered = dt.datetime.combine(
        issued + dt.timedelta(days=1 + chance.below("transit", 4)), arrival
    )
    insurance = 100 * chance.below("insurance", 60)
    delivery_fee = 500 * chance.below("fee", 30)
    lines = _items(chance, script, items)
    if total is not None:
        lines = _priced(lines, insurance + delivery_fee, total)
    letter = chance.one_of("letter", "ABDEG")
    digits = f"{chance.below('plate', 100_000):05d}"
    return Receipt(
        number=f"{code}{issued:%y%m%d}{seed:05d}",
        order=f"SO{issued:%Y%m}{chance.below('order', 1_000_000):06d}",
        script=script,
        carrier=carrier,
        hotline=f"400-000-{chance.below('hotline', 10_000):04d}",
        shipper=shipper,
        consignee=consignee,
        origin=origin,
        destination=destination,
        issued=issued,
        delivered=delivered,
        vehicle=f"{chance.one_of('province', _PLATES[script])}{letter}·{digits}",
        driver=_person(chance, "driver", script),
        payment=chance.one_of("payment", _PAYMENTS[script]),
        remark=chance.one_of("remark", _REMARKS[script]),
        items=lines,
        insurance=insurance,
        delivery_fee=delivery_fee,
    )
