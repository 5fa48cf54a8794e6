// Files made in the page itself.
{
  A.saveFile = (name, text, type) => {
    const address = URL.createObjectURL(new Blob([text], { type }));
    const link = A.el("a", { href: address, download: name, hidden: true });
    document.body.append(link);
    link.click();
    link.remove();
    window.setTimeout(() => URL.revokeObjectURL(address), 10000);
  };

  // What a spreadsheet would read as a formula is written as text.
  A.csvCell = (text) => {
    const plain = A.number(text) === null ? String(text) : String(text).replace(/[\s\u00a0\u202f]/g, "").replace("−", "-");
    const safe = A.number(plain) === null && /^[\s\0]*[=+\-@＝＋－＠\t\r]/.test(plain) ? `'${plain}` : plain;
    return /[";\r\n]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
  };

  // A table as Norwegian Excel reads it: semicolons, decimal commas, and a mark that it is UTF-8.
  A.csv = (headers, rows) => "\ufeff" + [headers, ...rows].map((cells) => cells.map(A.csvCell).join(";") + "\r\n").join("");

  A.saveTable = (table) => {
    const name = /^[\w.-]{1,120}$/.test(table.meta.file || "") ? table.meta.file : `askergeo-${table.meta.id}.csv`;
    A.saveFile(name, A.csv(table.meta.headers, table.rows.map((row) => row[1])), "text/csv;charset=utf-8");
    A.status(A.say("csv_lagret", { antall: table.rows.length }));
  };
}
