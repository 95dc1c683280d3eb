"""The 17 questions that a project answers before it begins, in the words of both languages."""

from typing import Final, Literal

import msgspec

from gateway.errors import Owner

GapOwner = Owner | Literal["business"]
"""Who can close a gap. `business`: whoever wants the documents signed."""


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """One of them.

    Attributes:
        number: 1 to 17.
        key: under which onboarding.yaml answers it.
        english: the question.
        chinese: the same.
        owner: who answers it.
    """

    number: int
    key: str
    english: str
    chinese: str
    owner: GapOwner


QUESTIONS: Final = (
    Question(
        number=1,
        key="goals",
        english="What is wanted, and what is wrong today without electronic signing?",
        chinese="整体诉求是什么？没有电子签署时有哪些问题？",
        owner="business",
    ),
    Question(
        number=2,
        key="scenarios",
        english="Which scenarios, in which phases, and when does each go live?",
        chinese="应用在哪些场景？分几期实施，各自何时上线？",
        owner="business",
    ),
    Question(
        number=3,
        key="document_types",
        english="Which kinds of documents are there, and how long is each kept?",
        chinese="单据类型有哪些，各保存多久？",
        owner="officer",
    ),
    Question(
        number=4,
        key="volumes",
        english="How many documents a year, a month, on the busiest day? How large, with what?",
        chinese="一年、一个月、最忙的一天各有多少单据？最大的文件多大，有没有附件？",
        owner="it",
    ),
    Question(
        number=5,
        key="group",
        english="Which companies are there, who manages their seals, who seals for whom?",
        chinese="集团有哪些公司，印章由谁管理，谁以谁的名义用印？",
        owner="officer",
    ),
    Question(
        number=6,
        key="systems",
        english="Which business systems hand documents in, and who approves before the seal?",
        chinese="单据来自哪些业务系统？盖章前由谁审批？",
        owner="it",
    ),
    Question(
        number=7,
        key="formats",
        english="In which format do documents come, and which have a fixed form?",
        chinese="单据是什么格式？哪些是制式合同？",
        owner="officer",
    ),
    Question(
        number=8,
        key="flows",
        english="How many parties sign, how do we, and what triggers it?",
        chinese="几方签署？本方手动、自动还是批量，由谁触发？",
        owner="officer",
    ),
    Question(
        number=9,
        key="partners",
        english="Who signs on the other side, are their contacts known, is there a portal?",
        chinese="对方由谁签署，联系方式是已知还是未知，有没有统一门户？",
        owner="business",
    ),
    Question(
        number=10,
        key="identity",
        english="How well must each signer be known, and by which method?",
        chinese="对签署方的实名认证方式和级别有什么要求？",
        owner="business",
    ),
    Question(
        number=11,
        key="verified_before",
        english="Must signers be verified before anything is sent to them?",
        chinese="是否需要签署方提前完成实名认证？",
        owner="business",
    ),
    Question(
        number=12,
        key="notifications",
        english="By which channels are people and systems told, and when not?",
        chinese="用哪些方式通知，哪些时段不打扰？",
        owner="business",
    ),
    Question(
        number=13,
        key="own_signing",
        english="How does our side sign: by itself, by people, and how do these sign in?",
        chinese="本企业如何签署：自动还是人工，人员如何登录？",
        owner="it",
    ),
    Question(
        number=14,
        key="handwriting",
        english="Is handwriting forbidden, required, or free?",
        chinese="手写签名：不允许、必须，还是不限？",
        owner="business",
    ),
    Question(
        number=15,
        key="returns",
        english="Which systems get what was signed, how, and is it kept here?",
        chinese="签署完成的文件回传给哪些系统，如何回传，是否在此归档？",
        owner="it",
    ),
    Question(
        number=16,
        key="reports",
        english="Which figures are wanted, by what, and who reads the metrics?",
        chinese="需要哪些统计，按什么维度，由谁采集指标？",
        owner="it",
    ),
    Question(
        number=17,
        key="rollout",
        english="Who is trained, and what is done by when in each scenario?",
        chinese="培训哪些人？每个场景的推广步骤和时间是什么？",
        owner="business",
    ),
)
