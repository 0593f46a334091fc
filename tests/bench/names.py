"""Made-up names, as many and as unevenly spread as a lender's borrowers have them."""

from random import Random

_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈"
    "姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
_GIVEN = (
    "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂文辉玲华红建国志海燕晓梅春云飞宇浩然子轩欣怡雨桐梓涵佳"
    "思雪婷峰鹏斌波凯健俊鑫帆旭倩颖琳莉萍琴凤珍淑慧美荣贵福生德光永成东林森龙虎立新庆祥瑞泽宁安康乐嘉诗语萱"
)
_FIRST_NAMES = """
Wei Fang Na Min Jing Li Qiang Lei Yang Yong Jie Tao Ming Chao Anna Peter Maria John Priya Arjun Siti
Ahmad Nguyen Minh Linh Jose Grace Kevin Sarah David Emily Daniel Laura Omar Fatima Yusuf
"""
_LAST_NAMES = """
Wang Li Zhang Liu Chen Yang Huang Zhao Wu Zhou Xu Sun Ma Zhu Hu Guo He Gao Lin Luo Smith Brown Kumar
Singh Tan Lim Nguyen Tran Santos Reyes Khan Ali Okafor Mbeki Garcia Lopez O'Neil Müller
"""
_FIRST, _LAST = _FIRST_NAMES.split(), _LAST_NAMES.split()


def a_name(number: int, *, seed: int) -> tuple[str, str]:
    """Name and language of borrower `number`: Chinese in four of five cases."""
    random = Random(number * 1_000_003 + seed)
    if random.random() < 0.2:
        return f"{random.choice(_FIRST)} {random.choice(_LAST)}", "en"
    # The square draws the first ones most often, as in life.
    surname = _SURNAMES[int(random.random() ** 2 * len(_SURNAMES))]
    given = "".join(
        _GIVEN[int(random.random() ** 1.5 * len(_GIVEN))] for _ in range(random.choice((1, 2, 2)))
    )
    return surname + given, "zh-hans"
