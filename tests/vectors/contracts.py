"""Contracts, long and short, with outlines, files, tags, layers and links."""

from pikepdf import Array, Dictionary, Name, OutlineItem, Pdf, Stream, String

from tests.vectors.papers import A4, KEYWORD, Box, add_page, clauses, contract, saved, text

_A3_LANDSCAPE: Box = (0, 0, 1190.55, 841.89)
_A5: Box = (0, 0, 419.53, 595.28)
_LETTER: Box = (0, 0, 612, 792)


def of_pages(pages: int) -> bytes:
    """A contract, nothing else."""
    return saved(contract(pages))


def very_long() -> bytes:
    """300 pages, all small objects in object streams."""
    return saved(contract(300, clauses_a_page=3), version="1.5", in_object_streams=True)


def linearised() -> bytes:
    """For the web: the first page first, two cross-reference sections."""
    return saved(contract(4), linearised=True)


def pdf_2() -> bytes:
    """PDF 2.0, cross-reference stream, a page with its own output intent and a /Lang."""
    pdf = contract(2)
    pdf.Root.Lang = String("zh-CN")
    pdf.Root.ViewerPreferences = Dictionary(Enforce=Array([]), DisplayDocTitle=True)
    pdf.pages[0].obj.Tabs = Name.S
    return saved(pdf, version="2.0", in_object_streams=True)


def mixed_sizes() -> bytes:
    """A4, A3 landscape, A5 turned, Letter upside down, and A4 again."""
    pdf = Pdf.new()
    sheets: list[tuple[Box, int]] = [
        (A4, 0),
        (_A3_LANDSCAPE, 0),
        (_A5, 90),
        (_LETTER, 180),
        (_A5, 270),
        (A4, 0),
    ]
    for number, (box, turned) in enumerate(sheets, 1):
        lines = [f"Annex {number}", *clauses(number, 3), f"{KEYWORD}: ________"]
        add_page(pdf, text(lines, box), box=box, entries=Dictionary(Rotate=turned))
    return saved(pdf)


def bookmarks() -> bytes:
    """A nested outline, destinations by name, page labels in Roman numerals."""
    pdf = contract(5)
    with pdf.open_outline() as outline:
        for index in range(5):
            item = OutlineItem(f"第{index + 1}条 Article {index + 1}", index)
            item.children.append(OutlineItem("Schedule", index, "FitH", top=400))
            outline.root.append(item)
    target = Array([pdf.pages[2].obj, Name.Fit])
    names = Array([String("schedule"), target])
    pdf.Root.Names = Dictionary(Dests=pdf.make_indirect(Dictionary(Names=names)))
    pdf.Root.PageLabels = Dictionary(Nums=Array([0, Dictionary(S=Name.r), 2, Dictionary(S=Name.D)]))
    pdf.Root.PageMode = Name.UseOutlines
    pdf.Root.OpenAction = Array([pdf.pages[0].obj, Name.Fit])
    return saved(pdf, in_object_streams=True)


def attachments() -> bytes:
    """Two files in the catalogue's name tree, one of them an associated file."""
    pdf = contract(1)
    files = []
    for name, data in (("prices.csv", b"lot,yuan\n1,133\n"), ("清单.xml", "<清单/>".encode())):
        embedded = Stream(pdf, data, Type=Name.EmbeddedFile, Subtype=Name("/text/plain"))
        embedded.Params = Dictionary(Size=len(data))
        entry = pdf.make_indirect(embedded)
        file = Dictionary(
            Type=Name.Filespec,
            F=String(name),
            UF=String(name),
            EF=Dictionary(F=entry, UF=entry),
            AFRelationship=Name.Data,
        )
        files.append((name, pdf.make_indirect(file)))
    names = Array([item for name, file in files for item in (String(name), file)])
    pdf.Root.Names = Dictionary(EmbeddedFiles=Dictionary(Names=names))
    pdf.Root.AF = Array([files[0][1]])
    return saved(pdf)


def tagged() -> bytes:
    """A structure tree, with its paragraphs on two pages."""
    pdf = Pdf.new()
    root = pdf.make_indirect(Dictionary(Type=Name.StructTreeRoot))
    body = pdf.make_indirect(Dictionary(Type=Name.StructElem, S=Name.Document, P=root))
    paragraphs, parents = [], []
    for index in range(2):
        marked = b"/P <</MCID 0>> BDC\n%sEMC\n" % text([*clauses(index, 4), KEYWORD])
        page = add_page(pdf, marked, entries=Dictionary(StructParents=index, Tabs=Name.S))
        element = Dictionary(Type=Name.StructElem, S=Name.P, P=body, Pg=page.obj, K=0)
        paragraphs.append(pdf.make_indirect(element))
        parents += [index, Array([paragraphs[-1]])]
    body.K = Array(paragraphs)
    root.K = body
    root.ParentTree = pdf.make_indirect(Dictionary(Nums=Array(parents)))
    root.ParentTreeNextKey = 2
    pdf.Root.StructTreeRoot = root
    pdf.Root.MarkInfo = Dictionary(Marked=True)
    pdf.Root.Lang = String("en")
    return saved(pdf)


def layers() -> bytes:
    """Optional content that is shown, also in print."""
    pdf = Pdf.new()
    layer = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String("图层 Drawing")))
    content = text(clauses(1, 4)) + b"/OC /L BDC 0 0.5 0 rg 60 500 200 40 re f\nEMC\n"
    page = add_page(pdf, content + text([KEYWORD], (0, 0, 595, 400)))
    page.obj.Resources.Properties = Dictionary(L=layer)
    usage = Array([])
    pdf.Root.OCProperties = Dictionary(
        OCGs=Array([layer]),
        D=Dictionary(Name=String("Default"), ON=Array([layer]), OFF=usage, Order=Array([layer])),
    )
    return saved(pdf)


def links() -> bytes:
    """Links to the web and within, and a marked passage with an appearance of its own."""
    pdf = contract(3)
    web = Dictionary(S=Name.URI, URI=String("https://www.example.com/terms"))
    jump = Dictionary(S=Name.GoTo, D=Array([pdf.pages[2].obj, Name.XYZ, 0, 800, 0]))
    for page, action in ((0, web), (1, jump)):
        link = Dictionary(
            Type=Name.Annot,
            Subtype=Name.Link,
            Rect=Array([60, 700, 260, 715]),
            Border=Array([0, 0, 1]),
            A=action,
        )
        pdf.pages[page].obj.Annots = Array([pdf.make_indirect(link)])
    marking = Stream(
        pdf,
        b"/G gs 1 1 0 rg 0 0 200 15 re f\n",
        Type=Name.XObject,
        Subtype=Name.Form,
        BBox=Array([0, 0, 200, 15]),
        Resources=Dictionary(ExtGState=Dictionary(G=Dictionary(BM=Name.Multiply))),
    )
    passage = Dictionary(
        Type=Name.Annot,
        Subtype=Name.Highlight,
        Rect=Array([60, 690, 260, 705]),
        QuadPoints=Array([60, 705, 260, 705, 60, 690, 260, 690]),
        F=4,
        AP=Dictionary(N=pdf.make_indirect(marking)),
    )
    pdf.pages[2].obj.Annots = pdf.make_indirect(Array([pdf.make_indirect(passage)]))
    return saved(pdf)
