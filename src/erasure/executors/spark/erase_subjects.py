"""Takes people out of a Hudi table, whose keys are staged as Parquet, or frees the files that still hold them.

A job of Spark 3.4 or later with Hudi 0.15 or later. Keys are joined and never written into a statement, so there is one
statement for each thing that is done to a table, whoever and how many are taken out. It may run any number of times.

    spark-submit erase_subjects.py erase  --table JSON --keys s3://bucket/keys/batch=b-1/ --result s3://bucket/results/b-1.json
    spark-submit erase_subjects.py expire --table JSON

Ends with another status than 0 when anything is left to do, and then says why without naming anybody.
"""

import argparse
import json
import sys

KEYS_VIEW = "sluice_erasure_keys"
TOKEN = "sluice_token"


def name(identifier):
    """An identifier, in backquotes."""
    return "`" + identifier.replace("`", "``") + "`"


def text(value):
    """A literal of text. Only names of declarations and days become literals."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def table_name(table):
    return f"{name(table['database'])}.{name(table['table'])}"


def joined(table, columns, actions):
    """The rows of a table with the token of each column that names somebody in the batch, or null."""
    wanted = ", ".join(text(action) for action in actions)
    joins = [
        f"LEFT JOIN (SELECT `tenant`, `key`, MIN(`token`) AS `token` FROM {KEYS_VIEW}"
        f" WHERE `dataset` = {text(table['dataset'])} AND `action` IN ({wanted}) AND `kind` = {text(column['kind'])}"
        f" GROUP BY `tenant`, `key`) k{at}"
        f" ON k{at}.`tenant` = r.{name(table['tenant'])} AND k{at}.`key` = r.{name(column['column'])}"
        for at, column in enumerate(columns)
    ]
    return f"{table_name(table)} r {' '.join(joins)}"


def token_of_person(table):
    """A row is its subject's; without one it is whose another key says."""
    others = [f"k{at + 1}.`token`" for at in range(len(table["others"]))]
    if not others:
        return "k0.`token`"
    other = others[0] if len(others) == 1 else f"COALESCE({', '.join(others)})"
    return f"CASE WHEN r.{name(table['subject']['column'])} IS NULL THEN {other} ELSE k0.`token` END"


def emptied(column):
    """Null, of the column's own type."""
    return f"NULLIF(r.{name(column)}, r.{name(column)})"


def left_in(table, columns):
    """Whether anything of the person is left in columns of a row whose subject is the token."""
    subject = f"r.{name(table['subject']['column'])}"
    left = [f"r.{name(column)} <> {subject}" for column in columns["tokenised"]]
    left += [f"r.{name(column)} IS NOT NULL" for column in columns["emptied"]]
    return f"({' OR '.join(left)})"


def change(table, storage, source, conditions, token, sets):
    """A statement that changes the rows of a source, and the source, which is empty once it has run.

    storage: what the table's own properties say: its record keys, partition fields and ordering field, by which Hudi finds a
    row; and all its columns. A merge-on-read table takes an updated row as the source has it, so the source has all of it.
    sets: columns and their new values; none: the rows are deleted.
    """
    carried = storage["columns"] if sets else [*storage["record_keys"], *storage["partitions"], *storage["ordering"]]
    plain = [column for column in dict.fromkeys(carried) if column not in sets]
    lost = [column for column in storage["record_keys"] + storage["partitions"] if column in sets]
    if lost:
        raise SystemExit(f"{table['dataset']} is stored by {', '.join(lost)}, which cannot be changed. Delete its rows.")
    # Columns with names of their own: the table's would be taken for those of the target.
    columns = [f"r.{name(column)} AS {name(column)}" for column in plain] + [
        f"{value} AS {name(column)}" for column, value in sets.items()
    ]
    where = " AND ".join([*conditions, f"{token} IS NOT NULL"])
    rows = f"SELECT {', '.join(columns)} FROM {source} WHERE {where}"
    on = " AND ".join(f"t.{name(column)} = s.{name(column)}" for column in storage["record_keys"])
    what = (
        "UPDATE SET " + ", ".join(f"t.{name(column)} = s.{name(column)}" for column in carried) if sets else "DELETE"
    )
    return {
        "rows": rows,
        "sql": f"MERGE INTO {table_name(table)} AS t USING ({rows}) AS s ON {on} WHEN MATCHED THEN {what}",
    }


def changes(table, storage):
    """What is done to a table, in order."""
    made = []
    columns = [table["subject"], *table["others"]]
    token = token_of_person(table)
    for action in table["actions"]:
        before = action.get("before")
        conditions = [] if before is None else [f"r.{name(before['column'])} < TIMESTAMP {text(before['day'] + ' 00:00:00 UTC')}"]
        named, found = (columns, token)
        sets = {}
        if action["what"] == "pseudonymise":
            sets[table["subject"]["column"]] = token
        if action["what"] == "release":
            # Rows that lost their person before are found by the token, which stands in the subject.
            named, found = ([table["subject"]], "k0.`token`")
            conditions.append(left_in(table, action["columns"]))
        if action["what"] != "delete":
            for column in action["columns"]["tokenised"]:
                sets[column] = f"CASE WHEN r.{name(column)} IS NULL THEN NULL ELSE {found} END"
            for column in action["columns"]["emptied"]:
                sets[column] = emptied(column)
        source = joined(table, named, action["of"])
        made.append(change(table, storage, source, conditions, found, sets))
    for mention in table["mentions"]:
        source = joined(table, [mention], ["mention"])
        made.append(change(table, storage, source, [], "k0.`token`", {mention["column"]: "k0.`token`"}))
    return made


def expiry(table, storage):
    """Older versions of files go, and with them what they alone hold."""
    whole = text(f"{table['database']}.{table['table']}")
    compaction = (
        [
            # Hudi would wait for five commits before it compacts (hoodie.compact.inline.max.delta.commits).
            f"CALL run_compaction(op => 'schedule', table => {whole}, options => 'hoodie.compact.inline.max.delta.commits=1')",
            f"CALL run_compaction(op => 'run', table => {whole})",
        ]
        if storage["merge_on_read"]
        else []
    )
    clean = f"CALL run_clean(table => {whole}, clean_policy => 'KEEP_LATEST_FILE_VERSIONS', file_versions_retained => 1)"
    return [*compaction, clean]


def storage_of(properties, columns):
    """What Hudi's properties of a table (`.hoodie/hoodie.properties`) say of how a row is found, and its own columns."""
    known = dict(
        line.split("=", 1) for line in properties.splitlines() if "=" in line and not line.startswith("#")
    )

    def fields(key):
        return [field for field in known.get(key, "").split(",") if field]

    record_keys = fields("hoodie.table.recordkey.fields")
    if not record_keys:
        raise SystemExit("The table has no record key, so its rows cannot be changed one by one.")
    return {
        "record_keys": record_keys,
        # With a key generator of one's own, a field may be followed by its type: `dt:SIMPLE`.
        "partitions": [field.split(":")[0] for field in fields("hoodie.table.partition.fields")],
        "ordering": fields("hoodie.table.precombine.field"),
        "columns": [column for column in columns if not column.startswith("_hoodie_")],
        "merge_on_read": known.get("hoodie.table.type") == "MERGE_ON_READ",
    }


def read_file(spark, path):
    jvm = spark._jvm
    target = jvm.org.apache.hadoop.fs.Path(path)
    stream = target.getFileSystem(spark._jsc.hadoopConfiguration()).open(target)
    try:
        return jvm.org.apache.commons.io.IOUtils.toString(stream, "UTF-8")
    finally:
        stream.close()


def write_file(spark, path, content):
    target = spark._jvm.org.apache.hadoop.fs.Path(path)
    stream = target.getFileSystem(spark._jsc.hadoopConfiguration()).create(target, True)
    try:
        stream.write(bytearray(content.encode("utf-8")))
    finally:
        stream.close()


def location_of(spark, table):
    rows = spark.sql(f"DESCRIBE TABLE EXTENDED {table_name(table)}").collect()
    return next(row.data_type for row in rows if row.col_name == "Location")


def count(spark, rows):
    return spark.sql(f"SELECT COUNT(*) FROM ({rows}) counted").collect()[0][0]


def erase(spark, table, storage, keys, result):
    spark.read.parquet(keys).createOrReplaceTempView(KEYS_VIEW)
    total = 0
    for step in changes(table, storage):
        rows = count(spark, step["rows"])
        if rows == 0:
            continue
        spark.sql(step["sql"])
        left = count(spark, step["rows"])
        if left > 0:
            raise SystemExit(f"{left} of {rows} rows of {table['dataset']} are still as they were.")
        total += rows
    write_file(spark, result, json.dumps({"rows": total}))


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=["erase", "expire"])
    parser.add_argument("--table", required=True, type=json.loads, help="the dataset and its columns, as JSON")
    parser.add_argument("--keys", help="folder of the staged keys (erase)")
    parser.add_argument("--result", help="file that the number of changed rows is written to (erase)")
    options = parser.parse_args(arguments)
    if options.action == "erase" and None in (options.keys, options.result):
        parser.error("erase needs --keys and --result")

    from pyspark.sql import SparkSession

    # Times are compared with days of UTC, and keys to the byte.
    spark = SparkSession.builder.appName("sluice erasure").config("spark.sql.session.timeZone", "UTC").getOrCreate()
    try:
        location = location_of(spark, options.table)
        properties = read_file(spark, f"{location}/.hoodie/hoodie.properties")
        storage = storage_of(properties, spark.table(table_name(options.table)).columns)
        if options.action == "erase":
            erase(spark, options.table, storage, options.keys, options.result)
        else:
            for statement in expiry(options.table, storage):
                spark.sql(statement).collect()
    finally:
        spark.stop()


if __name__ == "__main__":
    main(sys.argv[1:])
