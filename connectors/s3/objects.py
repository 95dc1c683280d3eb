"""What is asked of one bucket."""

from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import ClientError

_MARK: Final = "sealgate-delivery"
_MOST_LISTED: Final = 1_000
_MISSING: Final = frozenset({"404", "NoSuchKey", "NotFound"})
_CHANGED: Final = _MISSING | {"412", "PreconditionFailed"}
_TAKEN: Final = frozenset({"412", "PreconditionFailed"})


class ObjectChangedError(Exception):
    """The object is not the one that was listed any more."""


@dataclass(frozen=True, slots=True)
class Listed:
    """An object as the list has it; `tag` is its ETag."""

    key: str
    size: int
    tag: str


class Bucket:
    """Each method is one errand; raises ClientError and BotoCoreError as they come.

    Args:
        client: aiobotocore's, open.
        name: of the bucket.
    """

    def __init__(self, client: Any, name: str) -> None:  # noqa: ANN401 - made at run time
        self._client = client
        self._name = name

    async def list(self, prefix: str, most: int) -> list[Listed]:
        """The first objects below the prefix; markers of folders are none."""
        found: list[Listed] = []
        after = ""
        while len(found) < most:
            answer = await self._client.list_objects_v2(
                Bucket=self._name,
                Prefix=prefix,
                StartAfter=after,
                MaxKeys=min(_MOST_LISTED, most - len(found)),
            )
            listed = answer.get("Contents", [])
            found += [
                Listed(each["Key"], each["Size"], each["ETag"])
                for each in listed
                if not each["Key"].endswith("/")
            ]
            if not listed or not answer.get("IsTruncated"):
                break
            after = listed[-1]["Key"]
        return found

    async def get(self, it: Listed) -> bytes:
        """Its content, of exactly the listed version and never more than its size.

        Raises:
            ObjectChangedError: it is another one by now, or gone.
        """
        try:
            answer = await self._client.get_object(Bucket=self._name, Key=it.key, IfMatch=it.tag)
        except ClientError as error:
            if _code(error) in _CHANGED:
                raise ObjectChangedError from error
            raise
        body = bytearray()
        async with answer["Body"] as stream:
            while chunk := await stream.read(65_536):
                body += chunk
                if len(body) > it.size:
                    raise ObjectChangedError
        return bytes(body)

    async def move(self, key: str, to: str, tag: str) -> None:
        """Copy and delete it; leave it where it is if it is another one by now, or gone."""
        try:
            await self._client.copy_object(
                Bucket=self._name,
                Key=to,
                CopySource={"Bucket": self._name, "Key": key},
                CopySourceIfMatch=tag,
            )
            await self._client.delete_object(Bucket=self._name, Key=key, IfMatch=tag)
        except ClientError as error:
            if _code(error) not in _CHANGED:
                raise

    async def put(self, key: str, content: bytes, delivery: str) -> bool:
        """Put it where nothing is; False: another delivery's object is there.

        An object of ours that is not whole (a server kept what a broken connection had brought)
        is put again.
        """
        try:
            await self._put(key, content, delivery, IfNoneMatch="*")
        except ClientError as error:
            if _code(error) not in _TAKEN:
                raise
            there = await self._client.head_object(Bucket=self._name, Key=key)
            if there["Metadata"].get(_MARK) != delivery:
                return False
            if there["ContentLength"] != len(content):
                await self._put(key, content, delivery, IfMatch=there["ETag"])
        return True

    async def _put(self, key: str, content: bytes, delivery: str, **only: str) -> None:
        await self._client.put_object(
            Bucket=self._name, Key=key, Body=content, Metadata={_MARK: delivery}, **only
        )

    async def keeps_what_is_there(self, prefix: str) -> bool:
        """Whether the server refuses to put over an object; leaves nothing behind."""
        key = f"{prefix}.sealgate-proves"
        try:
            await self.put(key, b"", "first")
            return not await self.put(key, b"", "second")
        finally:
            await self._client.delete_object(Bucket=self._name, Key=key)


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
