"""Chinese text, Type 3 glyphs, forms within forms, soft masks, PDF/A, fields."""

from pikepdf import Array, Dictionary, Name, Pdf, Stream, String
from PIL import ImageCms

from tests.vectors import fonts
from tests.vectors.papers import KEYWORD, add_page, clauses, contract, saved, text

CHINESE_KEYWORD = "收货单位签章"
_LINES = [
    "货物运输合同",
    "第一条 承运人按期将货物运至收货地点。",
    "第二条 运费为人民币壹万贰仟元整。",
    f"{CHINESE_KEYWORD}：",
]
_CHARACTERS = "".join(_LINES)
_XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
 xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/"><pdfaid:part>2</pdfaid:part>
<pdfaid:conformance>B</pdfaid:conformance></rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>"""


def chinese_embedded() -> bytes:
    """Two pages whose text is in an embedded CIDFontType2."""
    return saved(_chinese(2), in_object_streams=True)


def chinese_by_name() -> bytes:
    """A CIDFontType0 that is only named (STSong-Light, UniGB-UCS2-H)."""
    pdf = Pdf.new()
    resources = Dictionary(Font=Dictionary(F=pdf.make_indirect(fonts.by_name(pdf))))
    add_page(pdf, fonts.chinese_text(_LINES, None), resources=resources)
    return saved(pdf, version="1.4")


def pdfa_2b() -> bytes:
    """Marked as PDF/A-2b: XMP, output intent, every font embedded."""
    pdf = _chinese(1)
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[24:36] = bytes.fromhex("07ea00010001000000000000")  # when it was made
    intent = Dictionary(
        Type=Name.OutputIntent,
        S=Name.GTS_PDFA1,
        OutputConditionIdentifier=String("sRGB"),
        DestOutputProfile=pdf.make_indirect(Stream(pdf, bytes(profile), N=3)),
    )
    pdf.Root.OutputIntents = Array([pdf.make_indirect(intent)])
    metadata = Stream(pdf, _XMP.encode(), Type=Name.Metadata, Subtype=Name.XML)
    pdf.Root.Metadata = pdf.make_indirect(metadata)
    return saved(pdf)


def type_3() -> bytes:
    """A font whose glyphs are drawings."""
    pdf = Pdf.new()
    lines = ["Drawn letters", f"{KEYWORD}:"]
    font = fonts.type_3(pdf, "".join(lines))
    add_page(pdf, text(lines), resources=Dictionary(Font=Dictionary(F=pdf.make_indirect(font))))
    return saved(pdf)


def forms_and_masks() -> bytes:
    """A form within a form, shading through a soft mask, and a picture that lets text through."""
    pdf = contract(1)
    inner = _form(pdf, b"0.8 0.2 0.8 rg 0 0 50 50 re f\n")
    outer = _form(pdf, b"q 1 0 0 1 5 5 cm /Inner Do Q 0 0 60 60 re S\n")
    outer.Resources = Dictionary(XObject=Dictionary(Inner=pdf.make_indirect(inner)))
    shading = Dictionary(
        ShadingType=2,
        ColorSpace=Name.DeviceGray,
        Coords=Array([0, 0, 200, 0]),
        Function=Dictionary(FunctionType=2, Domain=Array([0, 1]), C0=[0], C1=[1], N=1),
    )
    mask = _form(pdf, b"/S sh\n")
    mask.Group = Dictionary(S=Name.Transparency, CS=Name.DeviceGray)
    mask.Resources = Dictionary(Shading=Dictionary(S=pdf.make_indirect(shading)))
    state = Dictionary(SMask=Dictionary(S=Name.Luminosity, G=pdf.make_indirect(mask)))
    see_through = Stream(pdf, bytes(range(0, 256, 4)))
    page = pdf.pages[0].obj
    page.Resources.XObject = Dictionary(
        Outer=pdf.make_indirect(outer), Logo=pdf.make_indirect(_logo(pdf, see_through))
    )
    page.Resources.ExtGState = Dictionary(M=pdf.make_indirect(state))
    drawing = (
        b"q 1 0 0 1 300 200 cm /Outer Do Q\n"
        b"q 60 0 0 60 60 200 cm /Logo Do Q\n"
        b"q 1 0 0 1 60 300 cm /M gs 0 0 1 rg 0 0 200 60 re f Q\n"
    )
    page.Contents = Array([page.Contents, pdf.make_indirect(Stream(pdf, drawing))])
    return saved(pdf)


def fields() -> bytes:
    """Two text fields, a field below another, and an empty signature field."""
    pdf = contract(2)
    shown = _form(pdf, b"/Tx BMC BT /F 11 Tf 2 3 Td (Donghai) Tj ET EMC\n")
    shown.BBox = Array([0, 0, 150, 16])
    shown.Resources = Dictionary(Font=Dictionary(F=pdf.pages[0].obj.Resources.Font.F))
    appearance = Dictionary(N=pdf.make_indirect(shown))
    page = pdf.pages[1].obj
    name = _widget(page, "buyer", 300, FT=Name.Tx, V=String("Donghai"), AP=appearance)
    above = pdf.make_indirect(Dictionary(FT=Name.Tx, T=String("address")))
    below = _widget(page, "city", 270, Parent=above, V=String("Donghai"), AP=appearance)
    signature = _widget(page, "买方签章", 200, FT=Name.Sig)
    widgets = [pdf.make_indirect(each) for each in (name, below, signature)]
    above.Kids = Array([widgets[1]])
    page.Annots = Array(widgets)
    pdf.Root.AcroForm = pdf.make_indirect(
        Dictionary(
            Fields=Array([widgets[0], above, widgets[2]]),
            DA=String("/F 11 Tf 0 g"),
            DR=Dictionary(Font=Dictionary(F=pdf.pages[0].obj.Resources.Font.F)),
        )
    )
    return saved(pdf)


def user_unit() -> bytes:
    """A poster: /UserUnit 3, with a box that begins below zero."""
    pdf = Pdf.new()
    box = (-100, -50, 700, 550)
    lines = [*clauses(1, 4), KEYWORD]
    add_page(pdf, text(lines, box), box=box, entries=Dictionary(UserUnit=3))
    return saved(pdf, version="1.6")


def _chinese(pages: int) -> Pdf:
    pdf = Pdf.new()
    font = pdf.make_indirect(fonts.embedded(pdf, _CHARACTERS))
    for _ in range(pages):
        resources = Dictionary(Font=Dictionary(F=font))
        add_page(pdf, fonts.chinese_text(_LINES, _CHARACTERS), resources=resources)
    return pdf


def _form(pdf: Pdf, content: bytes) -> Stream:
    box = Array([0, 0, 200, 60])
    return Stream(pdf, content, Type=Name.XObject, Subtype=Name.Form, BBox=box)


def _logo(pdf: Pdf, mask: Stream) -> Stream:
    grey = {
        "Type": Name.XObject,
        "Subtype": Name.Image,
        "Width": 8,
        "Height": 8,
        "ColorSpace": Name.DeviceGray,
        "BitsPerComponent": 8,
    }
    for key, value in grey.items():
        mask[f"/{key}"] = value
    return Stream(pdf, bytes(64), **grey, SMask=pdf.make_indirect(mask))


def _widget(page: Dictionary, name: str, bottom: float, **more: object) -> Dictionary:
    return Dictionary(
        Type=Name.Annot,
        Subtype=Name.Widget,
        T=String(name),
        Rect=Array([60, bottom, 210, bottom + 16 + 40 * ("FT" in more and more["FT"] == Name.Sig)]),
        P=page,
        F=4,
        **more,
    )
