"""INSERT with ON CONFLICT for every engine.

SQLite took the clause over from PostgreSQL word for word, and SQLAlchemy's SQLite compiler takes
PostgreSQL's construct; the other way round it does not.
"""

from sqlalchemy.dialects.postgresql import insert as upsert

__all__ = ["upsert"]
