_base_ = '../plain/tsm-r50_arid.py'

model = dict(cls_head=dict(label_smooth_eps=0.1))
