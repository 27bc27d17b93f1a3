"""The reasons in Chinese, in simplified characters."""

CHINESE = {
    "because_you_liked": "因为你喜欢《{title}》",
    "because_you_liked.wanted": "因为你对《{title}》感兴趣",
    "matches_your_query": "符合你的要求",
    "matches_your_query.words": "符合你的要求：{words}",
    "fits_your_interests": "符合你资料中的兴趣",
    "fits_your_interests.words": "符合你资料中的兴趣：{words}",
    "fits_your_taste": "符合你对{label}的喜好",
    "fits_the_moment": "适合此刻",
    "new_like_yours": "新上架，与《{title}》相似",
    "adds_variety": "增加多样性：与列表中的其他内容不同",
    "new_given": "新品，展示以了解谁会喜欢",
    "explored": "换个口味，了解你的喜好",
    "less_known": "比大家常选的更小众",
    "popular_now": "近期受大家欢迎",
    "new_here": "新上架",
    "ranked_by": "主要由“{head}”决定排名",
    "ranked_by.against": "排在这里，因为“{head}”对它最为有利",
}
