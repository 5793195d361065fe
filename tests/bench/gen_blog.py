#!/usr/bin/env python3
"""Writes the legacy export of a blog of N posts that nobody wrote: gen_blog.py N > blog.xml

Everything follows from N. Lengths, labels, links and pictures are spread as in blogs that were
measured: half of the posts have less than 2 kB of text, one in a hundred more than 50 kB; a third
has no label, most have one or two; one in eight has comments.
"""

import random
import sys
from xml.sax.saxutils import escape, quoteattr

HOST = "http://benchmark.example.org"
KIND = "http://schemas.google.com/blogger/2008/kind#"
HEAD = """<?xml version='1.0' encoding='UTF-8'?>
<feed xmlns='http://www.w3.org/2005/Atom' xmlns:thr='http://purl.org/syndication/thread/1.0'>\
<id>tag:blogger.com,1999:blog-9.archive</id><title type='text'>Benchmark</title>\
<link rel='alternate' type='text/html' href='%s/'/>""" % HOST
TEXTS = [
    "the of and to in that for with river boat morning wind people water work house road "
    "winter letter table field school market night stone bridge garden summer".split(),
    "de het een van en dat niet met voor aan boot rivier water mensen werk huis weg brug".split(),
    "নদী নৌকা মানুষ কাজ বাড়ি পথ সকাল বাজার স্কুল রাত জল শীত চিঠি মাঠ এবং থেকে জন্য".split(),
    "नदी नाव लोग काम घर रास्ता सुबह बाज़ार स्कूल रात पानी सर्दी और से के लिए नहीं".split(),
]
WEIGHTS = [80, 6, 7, 7]
DAY_S = 86400


class Blog:
    def __init__(self, posts):
        self.random = random.Random(posts)
        self.posts = posts
        self.labels = [self.words(TEXTS[0], 1 + i % 3).title() + f" {i}"
                       for i in range(max(8, min(900, int(3 * posts ** 0.5))))]
        self.weights = [1 / (i + 1) for i in range(len(self.labels))]

    def words(self, text, count):
        return " ".join(self.random.choices(text, k=count))

    def paragraph(self, text):
        chance = self.random.random
        words = self.words(text, self.random.randint(15, 70)) + "."
        if chance() < 0.2:
            words = words.replace(" ", "&nbsp; ", 1)
        if chance() < 0.1:
            words += f' <a href="https://example.com/{self.random.randrange(9999)}">{text[0]}</a>'
        if chance() < 0.03:
            path = self.path(self.random.randrange(self.posts))
            words += f' <a href="{HOST}{path}">{text[1]}</a>'
        if chance() < 0.1:
            words = f'<span style="font-family: &quot;Georgia&quot;;">{words}</span>'
        if chance() < 0.05:
            items = "</li><li>".join(self.words(text, 8) for _ in range(4))
            words = f"<ul><li>{items}</li></ul>"
        if chance() < 0.1:
            name = self.random.randrange(99999)
            picture = f"https://1.bp.blogspot.com/-a/b/AAAA/c/%s/p{name}.jpg"
            words = (f'<div class="separator"><a href="{picture % "s1600"}">'
                     f'<img border="0" src="{picture % "s320"}" width="320" /></a></div>' + words)
        return words

    def body(self, text):
        length = min(60000, self.random.lognormvariate(7.5, 1.15))
        form = self.random.choices(["%s<br /><br />", '<div style="text-align: justify;">%s</div>'
                                    "<div><br /></div>", "<p>%s</p>"], [60, 25, 15])[0]
        parts, total = [], 0
        while total < length:
            parts.append(form % self.paragraph(text))
            total += len(parts[-1])
        return "".join(parts)

    @staticmethod
    def moment(number, seconds=0):
        """Twenty posts a day, from 2005 on, all in one zone; months have 28 days."""
        minutes = (number * DAY_S // 20 + seconds) // 60
        days, minutes = divmod(minutes, 1440)
        years, days = divmod(days, 336)
        months, days = divmod(days, 28)
        return (f"{2005 + years}-{months + 1:02}-{days + 1:02}"
                f"T{minutes // 60:02}:{minutes % 60:02}:00.000+05:45")

    def path(self, number):
        return f"/{self.moment(number)[:4]}/{self.moment(number)[5:7]}/post-{number}.html"

    def entry(self, kind, number, parts):
        return (f"<entry><id>tag:blogger.com,1999:blog-9.post-{number}</id>"
                f"<category scheme='http://schemas.google.com/g/2005#kind' term='{KIND}{kind}'/>"
                + "".join(parts) + "</entry>")

    def post(self, number):
        text = self.random.choices(TEXTS, WEIGHTS)[0]
        count = self.random.choices([0, 1, 2, 3, 4, 6, 12], [34, 30, 16, 9, 5, 4, 2])[0]
        labels = sorted(set(self.random.choices(self.labels, self.weights, k=count)))
        title = self.words(text, self.random.randint(2, 10)) if self.random.random() > 0.06 else ""
        yield self.entry("post", number + 10 ** 9, [
            f"<published>{self.moment(number)}</published>",
            f"<updated>{self.moment(number, 600)}</updated>",
            *(f"<category scheme='http://www.blogger.com/atom/ns#' term={quoteattr(label)}/>"
              for label in labels),
            f"<title type='text'>{escape(title)}</title>",
            f"<content type='html'>{escape(self.body(text))}</content>",
            f"<link rel='alternate' type='text/html' href='{HOST}{self.path(number)}'/>",
            "<author><name>Keeper</name><email>noreply@blogger.com</email></author>"])
        for comment in range(self.random.choice([0] * 7 + [2])):
            yield self.entry("comment", number * 2 + comment + 2 * 10 ** 9, [
                f"<published>{self.moment(number, 3600 * (comment + 1))}</published>",
                f"<content type='html'>{escape(self.words(text, 30))}</content>",
                f"<thr:in-reply-to ref='tag:blogger.com,1999:blog-9.post-{number + 10 ** 9}'/>",
                "<author><name>Reader</name></author>"])


def main(arguments):
    if len(arguments) != 1 or not arguments[0].isdigit():
        print("usage: gen_blog.py POSTS > blog.xml", file=sys.stderr)
        return 64
    blog = Blog(int(arguments[0]))
    sys.stdout.write(HEAD)
    for number in range(blog.posts - 1, -1, -1):  # the newest first, as Blogger does
        sys.stdout.writelines(blog.post(number))
    sys.stdout.write("</feed>\n")
    return 0


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")
    sys.exit(main(sys.argv[1:]))
